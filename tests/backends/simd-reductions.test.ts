// Sums over axes, softmax and the losses on the simd backend against TensorFlow.js's own cpu backend.
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tf } from 'resnet-lab';
import { assertSameAsCpu } from '../helpers/compare-backends';
import { seed, shapes, size, upTo } from '../helpers/shapes';

describe('sums over axes on simd', () => {
  const cases = shapes(0, 5).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axis: fc.option(fc.subarray(shape.map((_, i) => i))), // null for all
      negative: fc.boolean(),
      keepDims: fc.boolean(),
      seed,
    }),
  );

  it("are sum, mean, maximum and moments, with their gradients, along cpu's axes", () =>
    fc.assert(
      fc.asyncProperty(cases, ({ shape, axis, negative, keepDims, seed }) => {
        const axes = axis === null || !negative ? (axis ?? undefined) : axis.map((a) => a - shape.length);
        const terms = axis === null ? size(shape) : size(axis.map((a) => shape[a]));
        return assertSameAsCpu(
          (draw) => {
            const x = draw(shape);
            const sum = tf.sum(x, axes, keepDims);
            const mean = tf.mean(x, axes, keepDims);
            const dy = draw(sum.shape);
            return {
              sum,
              mean,
              max: tf.max(x, axes, keepDims),
              variance: tf.moments(x, axes, keepDims).variance,
              sumGradient: tf.grad((a) => tf.sum(a, axes, keepDims))(x, dy),
              meanGradient: tf.grad((a) => tf.mean(a, axes, keepDims))(x, dy),
            };
          },
          { seed, terms: { sum: terms } },
        );
      }),
      { numRuns: 120 },
    ));
});

describe('softmax on simd', () => {
  const cases = fc.record({ shape: shapes(1, 4), scale: fc.constantFrom(1, 50, 1000), seed });

  it("equals cpu's, as do the logarithm and their gradients, also for large logits", () =>
    fc.assert(
      fc.asyncProperty(cases, ({ shape, scale, seed }) =>
        assertSameAsCpu(
          (draw) => {
            const [logits, dy] = [draw(shape).mul(scale), draw(shape)];
            return {
              softmax: tf.softmax(logits),
              logSoftmax: tf.logSoftmax(logits),
              softmaxGradient: tf.grad((a) => tf.softmax(a))(logits, dy),
              logSoftmaxGradient: tf.grad((a) => tf.logSoftmax(a))(logits, dy),
            };
          },
          { seed, terms: { logSoftmaxGradient: shape[shape.length - 1] } },
        ),
      ),
      { numRuns: 60 },
    ));

  it('gives the same losses of classes, and their gradients', () => {
    const cases = fc.record({
      batch: fc.oneof(upTo(9), fc.constant(128)),
      classes: fc.integer({ min: 2, max: 20 }), // one-hot vectors have no fewer
      smoothing: fc.constantFrom(0, 0.1),
      scale: fc.constantFrom(1, 30),
      seed,
    });
    return fc.assert(
      fc.asyncProperty(cases, ({ batch, classes, smoothing, scale, seed }) =>
        assertSameAsCpu(
          (draw) => {
            const labels = tf.oneHot(
              Array.from({ length: batch }, (_, i) => (7 * i) % classes),
              classes,
            );
            const logits = draw([batch, classes]).mul(scale);
            const loss = (a: tf.Tensor) => tf.losses.softmaxCrossEntropy(labels, a, undefined, smoothing);
            const layers = (a: tf.Tensor) => tf.metrics.categoricalCrossentropy(labels, tf.softmax(a));
            return {
              loss: loss(logits),
              gradient: tf.grad(loss)(logits),
              layersLoss: layers(logits),
              layersGradient: tf.grad(layers)(logits),
            };
          },
          { seed, terms: { loss: scale, layersLoss: scale } },
        ),
      ),
      { numRuns: 80 },
    );
  });
});
