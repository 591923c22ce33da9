import { type RandomState, randomState, restoreRandomState } from '../random';
import type { tf } from '../tf';
import { type AnyCallback, type CallbackState, ResumableCallback } from './callbacks/resumable';
import type { TrainingState } from './history';
import type { RunDescription } from './run';

/** What a training needs, beside the weights and the optimiser's state, to go on as if it had never stopped. */
export interface Snapshot {
  run: RunDescription;
  /** The schedule's rates so far, at the beginning of each epoch. */
  rates: number[];
  seed: number;
  random: RandomState;
  state: TrainingState;
  /** Of the optimiser, which callbacks and schedules change. */
  learningRate: number | undefined;
  callbacks: { name: string; state: CallbackState }[];
}

export function takeSnapshot(
  training: Pick<Snapshot, 'run' | 'rates' | 'seed' | 'state'>,
  optimizer: tf.Optimizer,
  callbacks: AnyCallback[],
): Snapshot {
  return {
    ...training,
    state: structuredClone(training.state),
    random: randomState(),
    learningRate: (optimizer as unknown as { learningRate?: number }).learningRate,
    callbacks: resumable(callbacks).map((callback) => ({
      name: callback.constructor.name,
      state: callback.getState(),
    })),
  };
}

/** Gives callbacks, by class and order, and random numbers the state of the snapshot; new callbacks may come in between. */
export async function restoreSnapshot(
  { callbacks: states, random }: Snapshot,
  callbacks: AnyCallback[],
): Promise<void> {
  const left = resumable(callbacks);
  for (const { name, state } of states) {
    const place = left.findIndex((callback) => callback.constructor.name === name);
    await left[place].setState(state);
    left.splice(0, place + 1);
  }
  restoreRandomState(random);
}

export const resumable = (callbacks: AnyCallback[]): ResumableCallback[] =>
  callbacks.filter((callback): callback is ResumableCallback => callback instanceof ResumableCallback);
