// Layers and models of TensorFlow.js that the backend's own ops for layers have to leave as they are.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { adam, tf, useBackend } from 'resnet-lab';
import { assertClose } from '../helpers/close';

before(() => useBackend('simd'));

describe('layers on simd', () => {
  it('penalize a model within a model as much as on cpu', async () => {
    const regularized = (units: number, inputShape: number[]) =>
      tf.layers.dense({
        units,
        inputShape,
        kernelInitializer: 'ones',
        kernelRegularizer: tf.regularizers.l2({ l2: 0.1 }),
      });
    const base = tf.sequential({ layers: [regularized(3, [4]), regularized(2, [3])] });
    const input = tf.input({ shape: [4] });
    const head = regularized(5, [2]).apply(base.apply(input)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: head });
    const penalty = () => model.calculateLosses().reduce((sum, loss) => sum + loss.dataSync()[0], 0);
    const received = penalty();
    await useBackend('cpu');
    const expected = penalty();
    await useBackend('simd');
    assert.ok(Math.abs(expected - 0.1 * (12 + 6 + 10)) < 1e-5);
    assert.ok(Math.abs(received - expected) < 1e-5, `${received}, cpu ${expected}`);
    model.compile({ optimizer: adam(), loss: 'meanSquaredError' });
    assert.ok(Number.isFinite(await model.trainOnBatch(tf.ones([2, 4]), tf.ones([2, 5]))));
  });

  it('drop whole channels where a layer says so', () => {
    const layer = tf.layers.spatialDropout1d({ rate: 0.5, seed: 3 });
    const dropped = layer.apply(tf.ones([1, 16, 32]), { training: true }) as tf.Tensor;
    const [sums] = dropped.sum(1).arraySync() as number[][];
    assert.deepEqual(
      [...new Set(sums)].sort((a, b) => a - b),
      [0, 32],
    );
  });

  it('pool globally as on cpu, forward and backward, whatever the shape', async () => {
    for (const dataFormat of ['channelsLast', 'channelsFirst'] as const) {
      for (const shape of [
        [3, 5, 4, 6],
        [2, 1, 1, 7],
        [0, 4, 4, 8],
      ] as [number, number, number, number][]) {
        const layer = tf.layers.globalAveragePooling2d({ dataFormat });
        const x = tf.randomNormal(shape, 0, 1, 'float32', 1);
        const pool = () => {
          const gradient = tf.grad((y: tf.Tensor) => tf.square(layer.apply(y, { training: true }) as tf.Tensor).sum());
          return [layer.apply(x) as tf.Tensor, gradient(x)].map((tensor) => ({
            shape: tensor.shape,
            values: tensor.dataSync(),
          }));
        };
        const received = pool();
        await useBackend('cpu');
        const expected = pool();
        await useBackend('simd');
        for (const [i, { shape: wanted, values }] of expected.entries()) {
          assert.deepEqual(received[i].shape, wanted);
          assertClose(received[i].values, values, 1e-6);
        }
      }
    }
  });

  it('do not share an optimizer whose state has other shapes', async () => {
    const optimizer = adam();
    const train = (size: number) => {
      const model = tf.sequential({ layers: [tf.layers.dense({ units: size, inputShape: [size] })] });
      model.compile({ optimizer, loss: 'meanSquaredError' });
      return model.trainOnBatch(tf.ones([2, size]), tf.ones([2, size]));
    };
    await train(4);
    await assert.rejects(train(64), /state .* has the shape \[4,4\].*\[64,64\].*of its own/);
  });

  it('convolve once where a bias is no multiple of a vector long', async () => {
    const layer = tf.layers.conv2d({ filters: 6, kernelSize: 3, inputShape: [8, 8, 5] });
    const model = tf.sequential({ layers: [layer, tf.layers.flatten(), tf.layers.dense({ units: 2 })] });
    model.compile({ optimizer: adam(0.1), loss: 'meanSquaredError' });
    const x = tf.randomNormal([4, 8, 8, 5], 0, 1, 'float32', 1);
    for (let i = 0; i < 5; i++) assert.ok(Number.isFinite(await model.trainOnBatch(x, tf.ones([4, 2]))));
    const output = (model.predict(x) as tf.Tensor).dataSync();
    await useBackend('cpu');
    const expected = (model.predict(x) as tf.Tensor).dataSync();
    await useBackend('simd');
    assertClose(output, expected, 1e-4);
  });
});
