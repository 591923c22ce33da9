import type { tf } from '../../tf';

/** What a training reached, and when. */
export interface Run {
  name: string;
  /** After each epoch the seconds spent on training so far, and the accuracy on the validation images. */
  points: { seconds: number; accuracy: number }[];
}

/**
 * A callback of `fit` that records accuracy against time, for `plotRuns`. Its clock stands still while validation images
 * are measured, so that how often one looks does not count.
 *
 * @param before seconds spent already: on the features that a head learns from, or on an earlier training.
 */
export function recordRun(name: string, before = 0): Run & tf.CustomCallbackArgs {
  const points: Run['points'] = [];
  let seconds = before;
  let last = 0;
  return {
    name,
    points,
    onEpochBegin: async () => {
      last = performance.now();
    },
    onBatchEnd: async () => {
      const now = performance.now();
      seconds += (now - last) / 1000;
      last = now;
    },
    onEpochEnd: async (_epoch, logs) => {
      const accuracy = logs?.val_accuracy;
      if (accuracy === undefined) {
        throw new RangeError('recordRun needs validation images: give fit the option validation, received none.');
      }
      points.push({ seconds, accuracy });
    },
  };
}
