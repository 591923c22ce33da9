// What works element by element on the simd backend, against TensorFlow.js's own cpu backend.
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tf } from 'resnet-lab';
import { assertSameAsCpu } from '../helpers/compare-backends';
import { seed, shapes, size } from '../helpers/shapes';

const inputs = shapes(0, 4);

/** A shape, and two that broadcast to it: some dimensions 1, leading ones left out. */
const broadcasts = inputs.chain((shape) => {
  const part = fc
    .tuple(fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }), fc.nat(shape.length))
    .map(([ones, skip]) => shape.map((n, i) => (ones[i] ? 1 : n)).slice(skip));
  const operand = fc.oneof(fc.constant(shape), fc.constant(shape.slice(-1)), part);
  return fc.record({ first: operand, second: operand, seed });
});

describe('elementwise operations on simd', () => {
  it('are relu, its gradient and their kind', () =>
    fc.assert(
      fc.asyncProperty(inputs, seed, (shape, seed) =>
        assertSameAsCpu(
          (draw) => {
            const [x, dy] = [draw(shape), draw(shape)];
            const results: Record<string, tf.Tensor> = {};
            for (const [name, forward] of Object.entries({ relu: tf.relu, relu6: tf.relu6, elu: tf.elu })) {
              results[name] = forward(x.mul(5));
              results[`${name}, its gradient`] = tf.grad((a) => forward(a.mul(5)))(x, dy);
            }
            const zeros = tf.zeros(shape); // the gradient at 0 is 0
            return { ...results, zero: tf.grad((a) => tf.relu(a))(zeros, dy) };
          },
          { seed },
        ),
      ),
      { numRuns: 60 },
    ));

  it('are sums, differences and products with broadcasting, and their gradients', () =>
    fc.assert(
      fc.asyncProperty(broadcasts, fc.constantFrom(tf.add, tf.sub, tf.mul), ({ first, second, seed }, operation) => {
        const whole = size(tf.backend_util.assertAndGetBroadcastShape(first, second));
        return assertSameAsCpu(
          (draw) => {
            const [a, b] = [draw(first), draw(second)];
            const output = operation(a, b);
            const [da, db] = tf.grads((x, y) => operation(x, y))([a, b], draw(output.shape));
            return { output, da, db };
          },
          { seed, terms: { da: whole / size(first), db: whole / size(second) } },
        );
      }),
      { numRuns: 150 },
    ));
});
