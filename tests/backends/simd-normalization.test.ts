// Batch normalization on the simd backend against TensorFlow.js's own cpu backend.
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tf } from 'resnet-lab';
import { assertSameAsCpu, type Draw } from '../helpers/compare-backends';
import { seed, shapes, size } from '../helpers/shapes';

/** TensorFlow.js's layer has ranks 2 to 4 and throws for any other, on every backend. */
const inputs = shapes(2, 4);
const epsilon = fc.constantFrom(1e-3, 1e-5);

describe('batch normalization with given statistics on simd', () => {
  const cases = fc.record({
    shape: inputs,
    /** Statistics for each channel, or for each place of an image. */
    perChannel: fc.boolean(),
    withOffset: fc.boolean(),
    withScale: fc.boolean(),
    epsilon,
    seed,
  });
  type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never;

  function normalization(c: Case, draw: Draw) {
    const parameters = c.perChannel ? c.shape.slice(-1) : [1, ...c.shape.slice(1)];
    const [x, mean, offset, scale] = [draw(c.shape), draw(parameters), draw(parameters), draw(parameters)];
    const variance = draw(parameters).square().add(0.1);
    const forward = (...[a, b, d, e, g]: tf.Tensor[]) =>
      tf.batchNorm(
        a as tf.Tensor4D,
        b as tf.Tensor1D,
        d as tf.Tensor1D,
        c.withOffset ? (e as tf.Tensor1D) : undefined,
        c.withScale ? (g as tf.Tensor1D) : undefined,
        c.epsilon,
      );
    return { forward, inputs: [x, mean, variance, offset, scale] };
  }

  it("equals cpu's", () =>
    fc.assert(
      fc.asyncProperty(cases, (c) =>
        assertSameAsCpu(
          (draw) => {
            const { forward, inputs } = normalization(c, draw);
            return { output: forward(...inputs) };
          },
          { seed: c.seed },
        ),
      ),
      { numRuns: 100 },
    ));

  it('has the same gradients', () =>
    fc.assert(
      fc.asyncProperty(cases, (drawn) => {
        const c = { ...drawn, perChannel: true, withOffset: true, withScale: true };
        const summed = size(c.shape.slice(0, -1));
        return assertSameAsCpu(
          (draw) => {
            const { forward, inputs } = normalization(c, draw);
            const [x, mean, variance, offset, scale] = tf.grads(forward)(inputs, draw(c.shape));
            return { x, mean, variance, offset, scale };
          },
          { seed: c.seed, terms: { mean: summed, variance: summed, offset: summed, scale: summed } },
        );
      }),
      { numRuns: 60 },
    ));
});

describe('the batch normalization layer on simd', () => {
  const cases = fc
    .record({
      shape: inputs,
      last: fc.boolean(),
      turn: fc.nat(10),
      epsilon,
      momentum: fc.constantFrom(0.99, 0.5),
      seed,
    })
    .map(({ last, turn, ...c }) => ({ ...c, axis: last ? -1 : 1 + (turn % (c.shape.length - 1)) }));
  type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never;

  /** A layer built for the case's shape, with drawn gamma, beta, mean and variance. */
  function layer({ shape, axis, epsilon, momentum }: Case, draw: Draw) {
    const built = tf.layers.batchNormalization({ axis, epsilon, momentum });
    built.build(shape);
    const channels = [shape.at(axis) as number];
    built.setWeights([draw(channels), draw(channels), draw(channels), draw(channels).square().add(0.1)]);
    return built;
  }

  it('trains as on cpu: outputs, moving statistics, and what it predicts afterwards, along any axis', () =>
    fc.assert(
      fc.asyncProperty(cases, (c) =>
        assertSameAsCpu(
          (draw) => {
            const normalize = layer(c, draw);
            const outputs = [draw(c.shape), draw(c.shape)].map((x) => normalize.apply(x, { training: true }));
            const [, , mean, variance] = normalize.getWeights().map((weight) => weight.clone());
            const predicted = normalize.apply(draw(c.shape)) as tf.Tensor;
            for (const weight of normalize.weights) weight.dispose();
            return { output: outputs[1] as tf.Tensor, mean, variance, predicted };
          },
          { seed: c.seed },
        ),
      ),
      { numRuns: 100 },
    ));

  it('has the same gradients for inputs, gamma and beta', () =>
    fc.assert(
      fc.asyncProperty(cases, (drawn) => {
        const c = { ...drawn, axis: -1 }; // TensorFlow.js throws in the gradients along any other
        const summed = size(c.shape.slice(0, -1));
        const few = summed < 8; // so few may lie so close together that the deviation is nearly nothing
        return assertSameAsCpu(
          (draw) => {
            const normalize = layer(c, draw);
            const x = tf.variable(draw(c.shape));
            const dy = draw(c.shape);
            const [gamma, beta] = normalize.trainableWeights.map((weight) => weight.read() as tf.Variable);
            const loss = () => (normalize.apply(x, { training: true }) as tf.Tensor).mul(dy).sum() as tf.Scalar;
            const { value, grads } = tf.variableGrads(loss, [x, gamma, beta]);
            const results = { value, x: grads[x.name], gamma: grads[gamma.name], beta: grads[beta.name] };
            for (const weight of normalize.weights) weight.dispose();
            x.dispose();
            return results;
          },
          { seed: c.seed, terms: { value: size(c.shape), x: few ? 1 / c.epsilon : 1, gamma: summed, beta: summed } },
        );
      }),
      { numRuns: 100 },
    ));

  it('subtracts means that are far larger than the deviations', () =>
    fc.assert(
      fc.asyncProperty(cases, (c) =>
        assertSameAsCpu(
          (draw) => {
            const normalize = layer({ ...c, epsilon: 1e-3 }, draw);
            const output = normalize.apply(draw(c.shape).add(300), { training: true }) as tf.Tensor;
            for (const weight of normalize.weights) weight.dispose();
            return { output };
          },
          { seed: c.seed, terms: { output: 400 } }, // a float32 near 300 has four digits after the point
        ),
      ),
      { numRuns: 40 },
    ));
});
