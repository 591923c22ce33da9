import { inspect, isDeepStrictEqual } from 'node:util';
import type { NdArray } from 'ndarray';
import { tf } from '../tf';

/** Numbers in any of the forms in which an answer may give them. */
export type Numbers = number | ArrayLike<number> | NumberList | tf.Tensor | NdArray;
interface NumberList extends ReadonlyArray<number | NumberList> {}

/** How much of a long value an error shows. */
const SHOWN = { depth: 4, maxArrayLength: 12, maxStringLength: 200, breakLength: 100 };

/**
 * Fails unless two values are deeply equal; typed arrays and arrays of the same numbers are.
 *
 * @param what names the value, as code the learner can run: `index(0, 1)`.
 * @param why explains the expected value, for the one who missed it.
 * @throws Error with the received and the expected value.
 */
export function equal(received: unknown, expected: unknown, what: string, why = ''): void {
  if (isDeepStrictEqual(plain(received), plain(expected))) return;
  throw new Error(sentences(`${what}: received ${text(received)}, expected ${text(expected)}.`, why));
}

/**
 * Fails unless two numbers, or lists of equally many numbers, differ by no more than the tolerance, relative to the
 * expected number where that is above 1.
 *
 * @throws Error with the received and the expected number that differ most.
 */
export function close(received: Numbers, expected: Numbers, what: string, tolerance = 1e-4, why = ''): void {
  const [numbers, wanted] = [flat(received, what), flat(expected, what)];
  if (numbers.length !== wanted.length)
    throw new Error(sentences(`${what}: received ${numbers.length} numbers, expected ${wanted.length}.`, why));
  const difference = (i: number) => Math.abs(numbers[i] - wanted[i]) / Math.max(1, Math.abs(wanted[i]));
  // Also NaN is too far away.
  const wrong = wanted.map((_, i) => i).filter((i) => !(difference(i) <= tolerance || numbers[i] === wanted[i]));
  if (wrong.length === 0) return;
  const at = wanted.length === 1 ? '' : ` at position ${wrong[0]}`;
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more of ${wanted.length} differ)` : '';
  throw new Error(sentences(`${what}: received ${numbers[wrong[0]]}${at}, expected ${wanted[wrong[0]]}${more}.`, why));
}

/**
 * Fails unless a tensor, a symbolic tensor or an ndarray has the shape.
 *
 * @throws Error with the received and the expected shape.
 */
export function shape(
  received: { shape: readonly (number | null)[] },
  expected: (number | null)[],
  what: string,
): void {
  if (!Array.isArray(received?.shape))
    throw new Error(`${what}: received ${text(received)}, expected something with the shape [${expected}].`);
  equal(received.shape, expected, `the shape of ${what}`);
}

/**
 * Fails unless the action throws an error of the class, also as a promise that is rejected.
 *
 * @throws Error with what happened instead.
 */
export async function fails(action: () => unknown, type: new (...args: never[]) => Error, what: string): Promise<void> {
  let result: unknown;
  try {
    result = await action();
  } catch (error) {
    if (error instanceof type) return;
    throw new Error(`${what}: received ${text(error)}, expected a ${type.name}.`);
  }
  throw new Error(`${what}: received ${text(result)}, expected a ${type.name} to be thrown.`);
}

/** Typed arrays become arrays, and −0 becomes 0, so that an answer may use either. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<number>, plain);
  if (Array.isArray(value)) return value.map(plain);
  return value === 0 ? 0 : value; // −0 is no other number
}

function flat(value: Numbers, what: string): number[] {
  if (typeof value === 'number') return [value];
  if (value instanceof tf.Tensor) return Array.from(value.dataSync());
  if (isNdarray(value)) return elements(value);
  if (Array.isArray(value)) return value.flatMap((each) => flat(each, what));
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  throw new Error(`${what}: received ${text(value)}, expected numbers.`);
}

const isNdarray = (value: unknown): value is NdArray =>
  typeof value === 'object' && value !== null && 'stride' in value && 'data' in value;

/** In the order of their positions, whatever the strides. */
function elements(array: NdArray, at: number[] = []): number[] {
  const axis = at.length;
  if (axis === array.shape.length) return [Number(array.get(...at))];
  return Array.from({ length: array.shape[axis] }, (_, i) => elements(array, [...at, i])).flat();
}

function text(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof tf.Tensor) return `a tensor of shape [${value.shape}]`;
  return inspect(plain(value), SHOWN);
}

const sentences = (message: string, why: string) => (why === '' ? message : `${message}\n${why}`);
