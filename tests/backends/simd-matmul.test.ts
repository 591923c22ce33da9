// Matrix products of the simd backend against TensorFlow.js's own cpu backend.
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tf } from 'resnet-lab';
import { assertSameAsCpu, smoothGradient } from '../helpers/compare-backends';
import { seed, upTo } from '../helpers/shapes';

const length = fc.oneof(upTo(20), fc.constantFrom(31, 32, 64, 100));
type Batches = [number[], number[]];
const equalBatches = fc.constantFrom<Batches>(
  [[], []],
  [[], []],
  [[1], [1]],
  [[3], [3]],
  [
    [2, 3],
    [2, 3],
  ],
);
/** TensorFlow.js has neither gradients nor fused products of these. */
const broadcastBatches = fc.constantFrom<Batches>(
  [[1], [4]],
  [[4], [1]],
  [
    [2, 1],
    [1, 3],
  ],
  [[5], []],
  [[], [5]],
);
const products = fc.record({
  rows: length,
  inner: length,
  columns: length,
  batches: equalBatches,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  seed,
});

type Product = typeof products extends fc.Arbitrary<infer P> ? P : never;

const turned = (shape: [number, number], turn: boolean) => (turn ? [shape[1], shape[0]] : shape);
const shapes = ({ rows, inner, columns, ...p }: Product) => [
  [...p.batches[0], ...turned([rows, inner], p.transposeA)],
  [...p.batches[1], ...turned([inner, columns], p.transposeB)],
];
/** Of the output, the gradients for both factors, and the one for a bias. */
const terms = ({ rows, inner, columns }: Product) => ({ output: inner, da: columns, db: rows, dBias: rows });

describe('a matrix product on simd', () => {
  it("equals cpu's, as do its gradients, for any transposition", () =>
    fc.assert(
      fc.asyncProperty(products, (p) =>
        assertSameAsCpu(
          (draw) => {
            const [a, b] = shapes(p).map((shape) => draw(shape));
            const forward = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, p.transposeA, p.transposeB);
            const output = forward(a, b);
            const [da, db] = tf.grads(forward)([a, b], draw(output.shape));
            return { output, da, db };
          },
          { seed: p.seed, terms: terms(p) },
        ),
      ),
      { numRuns: 120 },
    ));

  it("equals cpu's for batches that are broadcast", () =>
    fc.assert(
      fc.asyncProperty(products, broadcastBatches, (p, batches) =>
        assertSameAsCpu(
          (draw) => {
            const [a, b] = shapes({ ...p, batches }).map((shape) => draw(shape));
            return { output: tf.matMul(a, b, p.transposeA, p.transposeB) };
          },
          { seed: p.seed, terms: terms(p) },
        ),
      ),
      { numRuns: 60 },
    ));

  it("equals cpu's with bias and activation in one", () => {
    const activation = fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'prelu', 'leakyrelu', 'sigmoid');
    return fc.assert(
      fc.asyncProperty(products, activation, fc.boolean(), (p, kind, withBias) =>
        assertSameAsCpu(
          (draw) => {
            const [a, b] = shapes(p).map((shape) => draw(shape));
            const [bias, alpha] = [draw([p.columns]), draw([p.columns])];
            const { transposeA, transposeB } = p;
            const common = { a, b, transposeA, transposeB, activation: kind, bias: withBias ? bias : undefined };
            const weights = kind === 'prelu' ? { preluActivationWeights: alpha } : { leakyreluAlpha: 0.3 };
            return { output: tf.fused.matMul({ ...common, ...weights }) };
          },
          { seed: p.seed, terms: terms(p) },
        ),
      ),
      { numRuns: 80 },
    );
  });

  it('has the same gradients with bias and relu in one, as a dense layer has', () =>
    fc.assert(
      fc.asyncProperty(products, fc.constantFrom('linear' as const, 'relu' as const), (p, activation) =>
        assertSameAsCpu(
          (draw) => {
            const [a, b] = [draw([p.rows, p.inner]), draw([p.inner, p.columns])];
            const bias = draw([p.columns]);
            const forward = (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) =>
              tf.fused.matMul({ a: x, b: y, bias: z, activation });
            const dy = smoothGradient(tf.matMul(a, b).add(bias), draw);
            const [da, db, dBias] = tf.grads(forward)([a, b, bias], dy);
            return { da, db, dBias };
          },
          { seed: p.seed, terms: terms(p) },
        ),
      ),
      { numRuns: 60 },
    ));
});
