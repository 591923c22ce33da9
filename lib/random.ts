import { alea } from 'seedrandom';

/** A source of random numbers in [0, 1). */
export type Random = () => number;

let seed = 0;
let drawn = 0;

/**
 * Fixes every random choice that follows: the initial weights of models built from here on, and the order and
 * augmentation of batches in `fit` calls without a seed of their own. Keras calls it `set_random_seed`.
 * Without a call the seed is 0, so that a program that is run again gives the same numbers again.
 *
 * @throws RangeError unless `value` is a whole number from 0 to 2³² − 1.
 */
export function setRandomSeed(value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new RangeError(`The seed should be a whole number from 0 to 4294967295, received ${value}.`);
  }
  seed = value;
  drawn = 0;
}

/** Where the sequence of `nextSeed` stands. */
export interface RandomState {
  seed: number;
  drawn: number;
}

export const randomState = (): RandomState => ({ seed, drawn });

/** Goes on with the sequence of `nextSeed` from there: a training that resumes draws what it would have drawn. */
export function restoreRandomState(state: RandomState): void {
  ({ seed, drawn } = state);
}

/**
 * The next seed of the sequence that `setRandomSeed` starts: one for each weight to be initialised.
 * Never 0, which TensorFlow.js takes for no seed at all.
 */
export function nextSeed(): number {
  drawn += 1;
  return 1 + Math.floor(alea(`${seed}:${drawn}`)() * 0xfffffffe);
}

/**
 * Random numbers that depend on the parts of the key and on nothing else, for example a seed, 'shuffle' and an epoch:
 * no state is carried along, so a training that starts again in the middle draws what it would have drawn.
 */
export function randomFor(...key: (string | number)[]): Random {
  return alea(key.join(':'));
}

/** A random order of 0 … count − 1 (Fisher–Yates). */
export function permutation(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const value = order[i];
    order[i] = order[j];
    order[j] = value;
  }
  return order;
}
