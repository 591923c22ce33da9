import type { tf } from '../tf';

type WithRate = { learningRate?: unknown; setLearningRate?: (rate: number) => void };

/**
 * The learning rate of an optimiser.
 *
 * @throws TypeError when it has none.
 */
export function learningRateOf(optimizer: tf.Optimizer): number {
  const { learningRate } = optimizer as unknown as WithRate;
  if (typeof learningRate === 'number') return learningRate;
  throw new TypeError(`The optimizer should have a numeric learningRate, received ${optimizer.getClassName()}.`);
}

/** Changes it from the next step on; TensorFlow.js's SGD keeps a copy of it, so it has a function for that. */
export function setLearningRate(optimizer: tf.Optimizer, rate: number): void {
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`A learning rate should be a number of at least 0, received ${rate}.`);
  }
  if (learningRateOf(optimizer) === rate) return;
  const target = optimizer as unknown as WithRate;
  if (target.setLearningRate) target.setLearningRate(rate);
  else target.learningRate = rate;
}
