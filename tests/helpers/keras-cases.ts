// The builders against real Keras 3: same layers, same outputs, gradients, statistics and losses from the same weights.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type ResnetLayerOptions, resnetLayer, resnetV1, tf } from 'resnet-lab';
import { inputsAndTargets, type KerasCase, readCase, setWeights } from './vectors';

/** The cases of tests/keras/make_vectors.py. */
export const KERAS_CASES = [
  'resnet8',
  'resnet20',
  'layer-default',
  'layer-one-channel',
  'layer-conv-last',
  'layer-conv-last-one-channel',
  'layer-without-normalization',
  'layer-projection',
  'layer-strided',
];

/** Keras's names of a layer's arguments and ours. */
const ARGUMENTS: Record<string, keyof ResnetLayerOptions> = {
  num_filters: 'numFilters',
  kernel_size: 'kernelSize',
  strides: 'strides',
  activation: 'activation',
  batch_normalization: 'batchNormalization',
  conv_first: 'convFirst',
};

function build({ inputShape, options }: KerasCase): tf.LayersModel {
  if (typeof options.depth === 'number') return resnetV1(inputShape, options.depth);
  const inputs = tf.input({ shape: inputShape });
  const layerOptions = Object.fromEntries(Object.entries(options).map(([name, value]) => [ARGUMENTS[name], value]));
  return tf.model({ inputs, outputs: resnetLayer(inputs, layerOptions) });
}

/** Largest difference between two arrays of the same length. */
function largestDifference(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(received.length, expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(received[i] - expected[i]);
    if (!(difference <= largest)) largest = difference; // NaN counts as a difference
  }
  return largest;
}

const largest = (values: ArrayLike<number>) => Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const value = (weight: unknown) => (weight as { val: tf.Variable }).val;

function losses(
  model: tf.LayersModel,
  kerasCase: KerasCase,
  optimizer: tf.Optimizer,
  steps: number,
): Promise<number[]> {
  setWeights(model, kerasCase);
  model.compile({ optimizer, loss: kerasCase.loss });
  const { x, y } = inputsAndTargets(kerasCase);
  return Array.from({ length: steps }).reduce<Promise<number[]>>(
    async (done) => [...(await done), (await model.trainOnBatch(x, y)) as number],
    Promise.resolve([]),
  );
}

function assertLosses(received: number[], expected: number[], tolerance: number): void {
  expected.forEach((loss, step) => {
    const difference = Math.abs(received[step] - loss) / Math.abs(loss);
    assert.ok(difference <= tolerance, `step ${step + 1}: loss ${received[step]}, in Keras ${loss}`);
  });
}

/** Compares on the backend in use; the steps of training take most of the time. */
export function describeAgainstKeras(name: string, { steps = true } = {}): void {
  describe(`${name} against Keras`, () => {
    const kerasCase = readCase(name);
    let model: tf.LayersModel;
    before(() => {
      model = build(kerasCase);
    });

    it('has the same layers, shapes and weights in the same order', () => {
      const ours = model.layers.map((layer) => ({
        class: layer.getClassName(),
        outputShape: layer.outputShape,
        weights: layer.weights.map((weight) => ({
          name: weight.originalName.split('/').at(-1),
          shape: weight.shape,
          trainable: (weight as { trainable?: boolean }).trainable,
        })),
      }));
      assert.deepEqual(ours, kerasCase.layers);
    });

    it('computes the same outputs, to 1e-4 of the largest', () => {
      setWeights(model, kerasCase);
      const { x } = inputsAndTargets(kerasCase);
      const expected = kerasCase.arrays.get('output');
      assert.ok(expected);
      const output = model.predict(x) as tf.Tensor;
      assert.deepEqual(output.shape, expected.shape);
      const difference = largestDifference(output.dataSync(), expected.values);
      assert.ok(difference <= 1e-4 * largest(expected.values), `differs by ${difference}`);
    });

    it('computes the same gradient of every weight, to 1e-4 of the largest, and the same statistics', () => {
      setWeights(model, kerasCase);
      const { x, y } = inputsAndTargets(kerasCase);
      const metric = tf.metrics[kerasCase.loss];
      const { value: loss, grads } = tf.variableGrads(() => {
        const output = model.apply(x, { training: true }) as tf.Tensor;
        const dataLoss = tf.mean(metric(y, output) as tf.Tensor);
        return model.calculateLosses().reduce((sum, term) => tf.add(sum, term), dataLoss) as tf.Scalar;
      });
      assertLosses([loss.dataSync()[0]], [kerasCase.trainingLoss], 1e-5);

      const expected = [...kerasCase.arrays].filter(([array]) => array.startsWith('gradient '));
      const trainable = model.layers.flatMap((layer) => layer.trainableWeights);
      assert.equal(trainable.length, expected.length);
      const scale = Math.max(...expected.map(([, { values }]) => largest(values)));
      trainable.forEach((weight, i) => {
        const [array, { shape, values }] = expected[i];
        assert.deepEqual(weight.shape, shape);
        const difference = largestDifference(grads[value(weight).name].dataSync(), values);
        assert.ok(difference <= 1e-4 * scale, `${array} differs by ${difference}, the largest gradient is ${scale}`);
      });

      const statistics = [...kerasCase.arrays].filter(([array]) => array.startsWith('statistics '));
      const moving = model.layers.flatMap((layer) => layer.nonTrainableWeights);
      assert.equal(moving.length, statistics.length);
      moving.forEach((weight, i) => {
        const [array, { values }] = statistics[i];
        const difference = largestDifference(value(weight).dataSync(), values);
        assert.ok(difference <= 1e-5 * largest(values), `${array} differs by ${difference}`);
      });
    });

    if (!steps) return;

    it('has the same losses in ten steps of SGD, to 1e-4 or three times what rounding does to Keras itself', async () => {
      const { sgdLosses, sgdSpread } = kerasCase;
      const received = await losses(model, kerasCase, tf.train.sgd(0.01), sgdLosses.length);
      sgdLosses.forEach((loss, step) => {
        assertLosses([received[step]], [loss], Math.max(1e-4, 3 * sgdSpread[step]));
      });
    });

    it('has the same losses in three steps of Adam, to 1e-3', async () => {
      const { adamLosses } = kerasCase;
      assertLosses(await losses(model, kerasCase, tf.train.adam(1e-3), adamLosses.length), adamLosses, 1e-3);
    });
  });
}
