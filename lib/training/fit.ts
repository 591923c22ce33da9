import { checkCount } from '../checks';
import { type Augmentation, checkAugmentation } from '../data/augment';
import type { Preprocess } from '../data/preprocess';
import type { FeatureSplit, Split } from '../data/types';
import { untilStopped } from '../interruption';
import type { tf } from '../tf';
import { Checkpoints } from './checkpoint';
import { checkSplitFits } from './checks';
import type { History } from './history';
import { checkCompiled, prepare } from './prepare';
import type { Schedule } from './schedules';
import { train } from './train';

export interface FitOptions {
  /** How often training goes through the images; 1 by default. */
  epochs?: number;
  /** Images a step; 32 by default, as in Keras. */
  batchSize?: number;
  /** Compiles the model with this optimiser; by default a compiled model stays as it is and another gets Adam at 0.001. */
  optimizer?: tf.Optimizer;
  /** The learning rate of every step; without it the optimiser's own. */
  schedule?: Schedule;
  /**
   * How bytes become the model's input; by default as the model, or the base that it was built on, knows already, and
   * else `preprocess.scale()`. Stored in the model's metadata.
   */
  preprocess?: Preprocess;
  /** Random shifts and flips: true for those of Keras's example; none by default. */
  augment?: boolean | Augmentation;
  /** A fraction of the images to hold out of training, or a split to validate on after each epoch. */
  validation?: number | Split | FeatureSplit;
  /**
   * TensorFlow.js callbacks: objects of functions, or instances of `tf.Callback` such as `EarlyStopping`; their logs
   * carry `loss`, `accuracy`, `val_loss` and `val_accuracy`. The state of this library's own goes into checkpoints.
   */
  callbacks?: tf.CustomCallbackArgs[];
  /** Chooses the validation images, the order of the images and their augmentation; drawn from `setRandomSeed` by default. */
  seed?: number;
  /**
   * Stops the training within one step. `fit` then returns what was measured, without calling `onTrainEnd`, since called
   * again it goes on.
   */
  signal?: AbortSignal;
  /** A folder for the checkpoints of this one training; the next call, in this process or another, goes on from there. */
  checkpoint?: string;
  /**
   * Seconds after which a checkpoint is written in the middle of an epoch too; 300 by default. All checkpoints together
   * take at most 1% of the time, except with 0, which writes one after every step.
   */
  checkpointSeconds?: number;
  /**
   * Whether to go on with the training that the folder holds, or that its signal stopped; true by default. With false a
   * training begins anew, in a folder that holds none.
   */
  resume?: boolean;
}

/**
 * Trains a classifier on bytes, or the head of one on features: shuffles, augments and preprocesses them batch by batch, and measures the held-out
 * images after each epoch. As in Keras, `loss` and `val_loss` are the cross-entropy plus the model's L2 penalty, and
 * the training values are means over the epoch, while the weights were still changing.
 *
 * A training that was interrupted, by its signal or with its process, goes on when `fit` is called again with what it
 * began with (`epochs` may differ), and ends with the very numbers of one that was not: on the same backend with as many
 * threads, and with optimisers and callbacks of this library.
 *
 * @param model from [batch, height, width, channels] to class probabilities [batch, classes].
 * @returns what was measured, from the first step of an interrupted training on.
 * @throws RangeError or TypeError when an option is out of range, the images don't fit the model, or the folder holds
 * another training; DataError when the folder can't be read or written; the signal's reason in a notebook cell that was
 * stopped before. All before any step.
 */
export async function fit(
  model: tf.LayersModel,
  split: Split | FeatureSplit,
  options: FitOptions = {},
): Promise<History> {
  const { checkpoint: folder, checkpointSeconds = 300 } = options;
  checkCount('epochs', options.epochs ?? 1);
  checkCount('batchSize', options.batchSize ?? 32);
  if (!(checkpointSeconds >= 0)) {
    throw new RangeError(`checkpointSeconds should be a number of at least 0, received ${checkpointSeconds}.`);
  }
  checkSplitFits(model, split);
  if ('features' in split) checkFeatureOptions(options);
  if (typeof options.augment === 'object') checkAugmentation(options.augment);
  if (options.optimizer === undefined) checkCompiled(model);

  const [checkpoints, newest] = folder === undefined ? [] : await Checkpoints.open(folder, checkpointSeconds);
  try {
    return await untilStopped(async () => train(await prepare(model, split, options, newest), checkpoints));
  } finally {
    await checkpoints?.close();
  }
}

function checkFeatureOptions({ preprocess, augment }: FitOptions): void {
  const given = preprocess ? `preprocess '${preprocess.kind}'` : augment && 'augment';
  if (given) {
    throw new RangeError(
      `Features are what a base made of images already: ${given} has nothing to act on; leave it out.`,
    );
  }
}
