// Chains of operations, which a backend may run later or in one pass, against TensorFlow.js's own cpu backend: whatever
// is read in between, kept or disposed of must not matter.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { resnetLayer, tf, useBackend } from 'resnet-lab';
import { assertSameAsCpu, type Draw, TESTED } from '../helpers/compare-backends';
import { seed, upTo } from '../helpers/shapes';

const images = (pixels: number, channels: fc.Arbitrary<number>) =>
  fc.tuple(upTo(2), upTo(pixels), upTo(pixels), channels) as fc.Arbitrary<[number, number, number, number]>;

type Pool = tf.Tensor4D[];
/** What a step makes from two images of the pool. */
const OPERATIONS = {
  add: (_, x, y) => tf.add(x, y),
  subtract: (_, x, y) => tf.sub(x, y),
  relu: (_, x) => tf.relu(x),
  halve: (_, x) => tf.mul(x, 0.5),
  bias: (draw, x) => tf.add(x, draw(x.shape.slice(3))),
  clone: (_, x) => x.clone(),
  reshape: (_, x) => x.reshape([-1]).reshape(x.shape),
  transpose: (_, x) => tf.transpose(tf.transpose(x, [3, 0, 1, 2]), [1, 2, 3, 0]),
  slice: (_, x) => tf.concat([x.slice([0], [1]), x.slice([1])], 0),
  pool: (_, x) => tf.maxPool(x, 3, 1, 'same'),
  convolve: (draw, x) => {
    const filter = draw<tf.Rank.R4>([3, 3, x.shape[3], x.shape[3]]).div(3 * Math.sqrt(x.shape[3]));
    return tf.conv2d(x, filter as tf.Tensor4D, 1, 'same');
  },
  normalize: (draw, x) => {
    const [mean, variance, offset, scale] = [0, 1, 2, 3].map(() => draw<tf.Rank.R1>(x.shape.slice(3)));
    return tf.batchNorm(x, mean, tf.add(tf.square(variance), 0.5), offset, scale);
  },
} satisfies Record<string, (draw: Draw, x: tf.Tensor4D, y: tf.Tensor4D) => tf.Tensor>;

const step = fc.record({
  action: fc.constantFrom(...(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]), 'read', 'dispose'),
  first: fc.nat(100),
  second: fc.nat(100),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Runs the steps on a pool of images; gives what was read on the way and what is left in the end. */
function follow(steps: Step[], start: Pool, draw: Draw): { read: Record<string, tf.Tensor>; left: Pool } {
  const pool = [...start];
  const read: [string, tf.TypedArray, number[]][] = [];
  steps.forEach(({ action, first, second }, i) => {
    const [x, y] = [pool[first % pool.length], pool[second % pool.length]];
    if (action === 'read') read.push([`read in step ${i}`, x.dataSync(), x.shape]);
    else if (action !== 'dispose') pool.push(OPERATIONS[action](draw, x, y) as tf.Tensor4D);
    else if (pool.length > 1) pool.splice(first % pool.length, 1)[0].dispose();
  });
  // The arrays become tensors only now: what was read earlier must not have changed since.
  return { read: Object.fromEntries(read.map(([name, array, shape]) => [name, tf.tensor(array, shape)])), left: pool };
}

const numbered = (tensors: tf.Tensor[]) => Object.fromEntries(tensors.map((tensor, i) => [`left ${i}`, tensor]));
const total = (tensors: tf.Tensor[]) => tensors.reduce((sum, tensor) => tf.add(sum, tensor));

describe('a chain of operations on simd', () => {
  const shapes = images(6, fc.oneof(upTo(5), fc.constantFrom(8, 16)));

  for (const [size, images, maxLength, numRuns] of [
    ['small', shapes, 25, 300],
    ['large', fc.constant<[number, number, number, number]>([4, 32, 32, 16]), 12, 6], // enough for several threads
  ] as const) {
    it(`gives what cpu's gives for ${size} images, whatever is read and disposed of in between`, () =>
      fc.assert(
        fc.asyncProperty(images, fc.array(step, { maxLength, size: 'max' }), seed, (shape, steps, seed) =>
          assertSameAsCpu(
            (draw) => {
              const { read, left } = follow(steps, [draw<tf.Rank.R4>(shape), draw<tf.Rank.R4>(shape)], draw);
              return { ...read, ...numbered(left) };
            },
            { seed },
          ),
        ),
        { numRuns },
      ));
  }

  it('has the same gradients', () =>
    fc.assert(
      fc.asyncProperty(images(4, upTo(5)), fc.array(step, { maxLength: 12, size: 'max' }), seed, (shape, steps, seed) =>
        assertSameAsCpu(
          (draw) => {
            const start = [draw<tf.Rank.R4>(shape), draw<tf.Rank.R4>(shape)];
            const sum = (...inputs: tf.Tensor[]) => {
              const clones = inputs.map((input) => input.clone()) as Pool; // the steps dispose of these only
              return total([...follow(steps, clones, draw).left, ...inputs]);
            };
            const { value, grads } = tf.valueAndGrads(sum)(start, draw(shape));
            return { value, ...numbered(grads) };
          },
          { seed, terms: { value: 100, 'left 0': 100, 'left 1': 100 } },
        ),
      ),
      { numRuns: 100 },
    ));
});

describe('the end of a residual block on simd', () => {
  const cases = fc.record({
    shape: images(9, fc.oneof(upTo(9), fc.constantFrom(16, 32, 64))),
    training: fc.boolean(),
    normalizedFirst: fc.boolean(),
    readNormalized: fc.constantFrom('never', 'before', 'after'),
    readSum: fc.constantFrom('never', 'before', 'after'),
    dispose: fc.boolean(),
    seed,
  });

  it('is relu of a sum, of which parts are read before or after, or disposed of', () =>
    fc.assert(
      fc.asyncProperty(cases, (c) =>
        assertSameAsCpu(
          (draw) => {
            const layer = tf.layers.batchNormalization();
            const [x, shortcut] = [draw(c.shape), draw(c.shape)];
            const normalized = layer.apply(x, { training: c.training }) as tf.Tensor;
            const results: Record<string, tf.Tensor> = {};
            const read = (name: string, tensor: tf.Tensor, when: string, now: string) => {
              if (when === now) results[name] = tf.tensor(tensor.dataSync(), tensor.shape);
            };
            read('normalized', normalized, c.readNormalized, 'before');
            const sum = c.normalizedFirst ? tf.add(normalized, shortcut) : tf.add(shortcut, normalized);
            read('sum', sum, c.readSum, 'before');
            const output = tf.relu(sum);
            if (c.dispose) tf.dispose([x, shortcut, ...layer.weights.map((weight) => weight.read())]);
            read('normalized', normalized, c.readNormalized, 'after');
            read('sum', sum, c.readSum, 'after');
            if (c.dispose) tf.dispose([normalized, sum]);
            else for (const weight of layer.weights) weight.dispose();
            return { ...results, output };
          },
          { seed: c.seed },
        ),
      ),
      { numRuns: 120 },
    ));
});

describe('residual layers on simd', () => {
  const cases = fc.record({
    shape: fc.tuple(upTo(6), upTo(6), upTo(5)),
    numFilters: fc.constantFrom(3, 4, 8, 16),
    strides: fc.constantFrom(1, 2),
    convFirst: fc.boolean(),
    seed,
  });

  it('train step by step as on cpu', () =>
    fc.assert(
      fc.asyncProperty(cases, ({ shape, seed, ...options }) =>
        assertSameAsCpu(
          (draw) => {
            const inputs = tf.input({ shape });
            const first = resnetLayer(inputs, { ...options, kernelSize: 3 });
            const second = resnetLayer(first, { numFilters: options.numFilters, activation: null });
            const sum = tf.layers.add().apply([first, second]) as tf.SymbolicTensor;
            const pooled = tf.layers.globalAveragePooling2d({}).apply(sum) as tf.SymbolicTensor;
            const outputs = tf.layers.dense({ units: 3, activation: 'softmax' }).apply(pooled) as tf.SymbolicTensor;
            const model = tf.model({ inputs, outputs });
            model.setWeights(model.getWeights().map((weight) => draw(weight.shape).abs().mul(0.3)));
            const [x, y] = [draw([4, ...shape]), tf.oneHot(tf.tensor1d([0, 1, 2, 0], 'int32'), 3)];
            const optimizer = tf.train.sgd(0.1);
            const losses = [1, 2, 3].map(() =>
              optimizer.minimize(
                () => tf.losses.softmaxCrossEntropy(y, tf.log(model.apply(x, { training: true }) as tf.Tensor)),
                true,
              ),
            );
            const weights = model.getWeights().map((weight) => weight.clone());
            model.dispose();
            optimizer.dispose();
            return { losses: tf.stack(losses as tf.Scalar[]), ...numbered(weights) };
          },
          { seed },
        ),
      ),
      { numRuns: 15 },
    ));
});

describe('the memory of simd', () => {
  it('serves again for later steps', async () => {
    await useBackend(TESTED);
    const layer = tf.layers.batchNormalization();
    const [x, filter] = [tf.randomNormal([16, 32, 32, 16]), tf.randomNormal<tf.Rank.R4>([1, 1, 16, 16])];
    const block = (a: tf.Tensor, b: tf.Tensor) => {
      const convolved = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same');
      return tf.relu(tf.add(layer.apply(convolved, { training: true }) as tf.Tensor, a));
    };
    const steps = (count: number) => {
      for (let i = 0; i < count; i++) tf.dispose(tf.grads(block)([x, filter], x));
      return process.memoryUsage().rss / 2 ** 20;
    };
    const [before, after] = [steps(20), steps(100)]; // a tensor that a step does not give back is then 100 MB more
    tf.dispose([x, filter, ...layer.weights.map((weight) => weight.read())]);
    assert.ok(after - before < 60, `${before.toFixed()} MB before 100 steps, ${after.toFixed()} MB after`);
  });
});
