import { tf } from '../../tf';

/** What a callback carries from epoch to epoch. */
export interface CallbackState {
  values: Record<string, number | undefined>;
  /** Copies of weights, in the order of `model.getWeights()`. */
  weights: Float32Array[];
}

/** What `fit` and TensorFlow.js call during a training. */
export type AnyCallback = tf.Callback | tf.CustomCallback;

/** What TensorFlow.js hands to callbacks at the end of an epoch: its measures under Keras's names. */
export type Logs = Record<string, number>;

/**
 * A callback whose state goes into checkpoints, so that a training that was interrupted ends as if it had not been. The
 * state is set after `onTrainBegin`, which makes a callback new.
 */
export abstract class ResumableCallback extends tf.Callback {
  abstract getState(): CallbackState;
  abstract setState(state: CallbackState): void | Promise<void>;
}
