import assert from 'node:assert/strict';
import { type BackendName, tf, useBackend } from 'resnet-lab';

/** The backend under test where none is named. */
export const TESTED: BackendName = 'simd';

/** Draws a tensor of standard normal numbers; a `spoiled` one has a few NaN, Infinity and -Infinity among them. */
export type Draw = <R extends tf.Rank = tf.Rank>(shape: number[], spoiled?: boolean) => tf.Tensor<R>;

/** Computes named tensors; it is called once on each backend, with the same draws. */
export type Computation = (draw: Draw) => Record<string, tf.Tensor>;

export interface Comparison {
  seed: number;
  /** How many terms are summed up for a number of each result, 1 unless told; rounding errors grow with the root. */
  terms?: Record<string, number>;
  backend?: BackendName;
}

interface Values {
  shape: number[];
  dtype: string;
  values: ArrayLike<number>;
}

const SPOILERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Normal draws that depend on nothing but the seed and how many came before. */
function draws(seed: number): Draw {
  let next = seed;
  return <R extends tf.Rank>(shape: number[], spoiled = false) => {
    const drawn = tf.randomNormal<R>(shape as tf.ShapeMap[R], 0, 1, 'float32', ++next); // 0 would mean no seed
    if (!spoiled || drawn.size === 0) return drawn;
    const values = drawn.dataSync().slice();
    for (let i = 0; i <= next % 3; i++) values[(next * 7919 + i * 104_729) % values.length] = SPOILERS[(next + i) % 3];
    return tf.tensor<R>(values, shape as tf.ShapeMap[R]);
  };
}

/** A gradient that vanishes where rounding decides on the sign of `before`, and with it on relu's gradient. */
export const smoothGradient = (before: tf.Tensor, draw: Draw) => draw(before.shape).mul(before.tanh());

/** Fails unless both are NaN, or the same infinity, or finite and close. */
export function assertClose(received: Values, expected: Values, what: string, terms = 1): void {
  assert.deepEqual([received.shape, received.dtype], [expected.shape, expected.dtype], what);
  for (let i = 0; i < expected.values.length; i++) {
    const [r, e] = [received.values[i], expected.values[i]];
    const close = Math.abs(r - e) <= 1e-4 * (Math.sqrt(terms) + Math.abs(e));
    if (!(Number.isFinite(e) ? close : Object.is(r, e))) assert.fail(`${what} at ${i}: ${r}, cpu ${e}`);
  }
}

/** The values of a computation on a backend, which must hold no more data afterwards than before. */
export async function valuesOn(backend: BackendName, compute: Computation, seed: number): Promise<Map<string, Values>> {
  await useBackend(backend);
  const before = [tf.memory().numTensors, tf.backend().numDataIds()];
  const results = tf.tidy(() =>
    Object.entries(compute(draws(seed))).map(([name, tensor]) => {
      // No copy: memory that the backend uses again for a later tensor must not change what was read.
      return [name, { shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync() }] as const;
    }),
  );
  assert.deepEqual([tf.memory().numTensors, tf.backend().numDataIds()], before, `tensors and data left on ${backend}`);
  return new Map(results);
}

/** Fails unless a computation gives on `backend` what it gives on TensorFlow.js's own backend `cpu`. */
export async function assertSameAsCpu(compute: Computation, { seed, terms = {}, backend = TESTED }: Comparison) {
  const expected = await valuesOn('cpu', compute, seed);
  const received = await valuesOn(backend, compute, seed);
  assert.deepEqual([...received.keys()], [...expected.keys()]);
  for (const [name, values] of expected) assertClose(received.get(name) as Values, values, name, terms[name]);
}
