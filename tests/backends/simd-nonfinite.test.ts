// NaN and infinities: on the simd backend they come out exactly where they do on TensorFlow.js's own cpu backend, so that
// a diverged training is seen and not hidden.
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tf } from 'resnet-lab';
import { assertSameAsCpu, type Computation } from '../helpers/compare-backends';
import { anyPadding, convolutions, outputAndGradients, terms, wideConvolutions } from '../helpers/convolutions';
import { channels, seed, shapes, upTo } from '../helpers/shapes';

/** Runs a computation on spoiled draws of many shapes. */
const check = <T>(arbitrary: fc.Arbitrary<T>, compute: (example: T) => Computation, numRuns = 80) =>
  fc.assert(
    fc.asyncProperty(arbitrary, seed, (example, seed) => assertSameAsCpu(compute(example), { seed })),
    { numRuns },
  );

describe('NaN and infinities on simd', () => {
  for (const [name, arbitrary, numRuns] of [
    ['any convolution', convolutions(anyPadding), 120],
    ['convolutions of residual networks', wideConvolutions, 30],
  ] as const) {
    it(`pass ${name} and its gradients`, () =>
      fc.assert(
        fc.asyncProperty(arbitrary, (c) =>
          assertSameAsCpu((draw) => outputAndGradients(c, draw, true), { seed: c.seed, terms: terms(c) }),
        ),
        { numRuns },
      ));
  }

  it('pass matrix products', () =>
    check(fc.tuple(upTo(33), upTo(33), upTo(33)), ([rows, inner, columns]) => (draw) => {
      const [a, b] = [draw<tf.Rank.R2>([rows, inner], true), draw<tf.Rank.R2>([inner, columns], true)];
      return { output: tf.matMul(a, b), transposed: tf.matMul(b, a, true, true) };
    }));

  it('pass relu, its gradient and sums', () =>
    check(shapes(1, 4), (shape) => (draw) => {
      const [x, dy] = [draw(shape, true), draw(shape, true)];
      return {
        relu: tf.relu(x),
        relu6: tf.relu6(x),
        gradient: tf.grad((a) => tf.relu(a))(x, dy),
        sum: tf.add(x, dy),
        chain: tf.relu(tf.add(x, dy)),
        bias: tf.add(x, draw(shape.slice(-1), true)),
      };
    }));

  it('pass batch normalization', () =>
    check(shapes(2, 4), (shape) => (draw) => {
      const [x, parameter] = [draw(shape, true), () => draw<tf.Rank.R1>(shape.slice(-1), true)];
      const [mean, offset, scale] = [parameter(), parameter(), parameter()];
      const variance = tf.abs(parameter()) as tf.Tensor1D;
      const layer = tf.layers.batchNormalization();
      const trained = layer.apply(x, { training: true }) as tf.Tensor;
      const [, , movingMean, movingVariance] = layer.getWeights().map((weight) => weight.clone());
      for (const weight of layer.weights) weight.dispose();
      const given = tf.batchNorm(x as tf.Tensor4D, mean, variance, offset, scale);
      return { given, trained, movingMean, movingVariance, chain: tf.relu(trained) };
    }));

  it('pass pooling and its gradients', () =>
    check(
      fc.record({ shape: fc.tuple(upTo(2), upTo(9), upTo(9), channels), window: upTo(3), strides: upTo(3) }),
      ({ shape, window, strides }) =>
        (draw) => {
          const x = draw<tf.Rank.R4>(shape, true);
          const results: Record<string, tf.Tensor> = {};
          for (const [name, pool] of Object.entries({ maximum: tf.maxPool, average: tf.avgPool })) {
            const forward = (a: tf.Tensor) => pool(a as tf.Tensor4D, window, strides, 'same');
            results[name] = forward(x);
            results[`gradient of ${name}`] = tf.grad(forward)(x, draw(results[name].shape, true));
          }
          return results;
        },
    ));

  it('pass softmax, sums and means over axes', () =>
    check(shapes(1, 4), (shape) => (draw) => {
      const x = draw(shape, true);
      const [softmax, logSoftmax] = [tf.softmax(x), tf.logSoftmax(x)];
      return { softmax, logSoftmax, sum: tf.sum(x, 0), mean: tf.mean(x), maximum: tf.max(x, -1) };
    }));
});
