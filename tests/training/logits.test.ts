// A classifier that is wrong and very sure learns from its mistakes, as in real Keras (tests/keras/make_loss_vectors.py).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ndarray from 'ndarray';
import { type BackendName, evaluate, fit, sgd, tf, useBackend } from 'resnet-lab';
import { formula, readJson } from '../helpers/vectors';

const [BATCH, FEATURES, CLASSES, SCALE, RATE] = [6, 5, 4, 6, 0.01];
const expected = readJson<{ losses: number[]; kernel: number[]; bias: number[] }>('logits');
const scaled = (stream: number, count: number) => formula(stream, count).map((value) => SCALE * value);

const MODELS: Record<string, () => tf.layers.Layer[]> = {
  'a dense layer with a softmax': () => [
    tf.layers.dense({ units: CLASSES, activation: 'softmax', inputShape: [FEATURES] }),
  ],
  'a softmax of its own': () => [
    tf.layers.dense({ units: CLASSES, inputShape: [FEATURES] }),
    tf.layers.activation({ activation: 'softmax' }),
  ],
};

function assertClose(received: ArrayLike<number>, wanted: number[]) {
  assert.equal(received.length, wanted.length);
  wanted.forEach((value, i) => {
    assert.ok(Math.abs(received[i] - value) <= 1e-5 * (1 + Math.abs(value)), `${received[i]} instead of ${value}`);
  });
}

for (const backend of ['simd', 'wasm'] satisfies BackendName[]) {
  for (const [name, layers] of Object.entries(MODELS)) {
    describe(`${name}, on ${backend}`, () => {
      const build = () => {
        const model = tf.sequential({ layers: layers() });
        model.layers[0].setWeights([
          tf.tensor(scaled(2, FEATURES * CLASSES), [FEATURES, CLASSES]),
          tf.zeros([CLASSES]),
        ]);
        return model;
      };
      const labels = Uint8Array.from({ length: BATCH }, (_, i) => i % CLASSES);

      it("learns by TensorFlow.js's own training", async () => {
        await useBackend(backend);
        const model = build();
        model.compile({ optimizer: tf.train.sgd(RATE), loss: 'categoricalCrossentropy' });
        const inputs = tf.tensor(scaled(1, BATCH * FEATURES), [BATCH, FEATURES]);
        const targets = tf.oneHot(tf.tensor1d([...labels], 'int32'), CLASSES);
        const losses: number[] = [];
        for (const _ of expected.losses) losses.push((await model.trainOnBatch(inputs, targets)) as number);
        assertClose(losses, expected.losses);
        const [kernel, bias] = model.layers[0].getWeights();
        assertClose(kernel.dataSync(), expected.kernel);
        assertClose(bias.dataSync(), expected.bias);
      });

      it('learns by fit, and the validation loss is that of the training', async () => {
        await useBackend(backend);
        const split = { features: ndarray(scaled(1, BATCH * FEATURES), [BATCH, FEATURES]), labels };
        const model = build();
        assert.ok(Math.abs((await evaluate(model, split)).loss - expected.losses[0]) < 1e-4);
        const epochs = expected.losses.length;
        const { history } = await fit(model, split, { epochs, batchSize: BATCH, optimizer: sgd(RATE), seed: 1 });
        assertClose(history.loss, expected.losses);
      });
    });
  }
}

describe('other classifiers', () => {
  const targets = () => tf.oneHot(tf.tensor1d([0, 1, 2, 3], 'int32'), CLASSES);
  const layer = (inputDim: number) =>
    tf.layers.dense({ units: CLASSES, activation: 'softmax', inputShape: [inputDim] });

  it('train as before where the softmax is in a model within the model, and nothing is left over', async () => {
    await useBackend('simd');
    const inner = tf.sequential({ layers: [layer(2)] });
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] }), inner] });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const step = async () => (await model.trainOnBatch(tf.ones([4, 3]), targets())) as number;
    const first = await step();
    const before = tf.memory().numTensors;
    assert.ok((await step()) < first);
    assert.equal(tf.memory().numTensors, before + 3, 'the batch alone');
    inner.layers[0].apply(tf.ones([4, 2]), { training: true });
    assert.equal(tf.memory().numTensors, before + 5, 'what was given, and the probabilities');
  });

  it('learn from their logits when the loss is named for each output', async () => {
    await useBackend('simd');
    const single = layer(2);
    single.build([null, 2]);
    single.setWeights([tf.tensor2d([100, 0, 0, 0, 0, 0, 0, 0], [2, 4]), tf.zeros([4])]);
    const inputs = tf.input({ shape: [2] });
    const model = tf.model({ inputs, outputs: single.apply(inputs) as tf.SymbolicTensor });
    model.compile({ optimizer: 'sgd', loss: { [model.outputNames[0]]: 'categoricalCrossentropy' } });
    assert.equal(await model.trainOnBatch(tf.ones([4, 2]), targets()), 75); // three of four are wrong by 100
  });
});
