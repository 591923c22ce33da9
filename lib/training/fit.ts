import { checkCount } from '../checks';
import { type Augmentation, checkAugmentation, KERAS_AUGMENTATION } from '../data/augment';
import { type Preprocess, preprocess as preprocessing } from '../data/preprocess';
import { holdOut } from '../data/splits';
import type { Split } from '../data/types';
import { nextSeed, permutation, randomFor } from '../random';
import { tf } from '../tf';
import { batches, imageBatch, labelBatch, packImages } from './batches';
import { checkSplitFits, classCount } from './checks';
import { evaluate } from './evaluate';
import { storePreprocess } from './metadata';
import { adam } from './optimizers';

export interface FitOptions {
  /** How often training goes through the images; 1 by default. */
  epochs?: number;
  /** Images a step; 32 by default, as in Keras. */
  batchSize?: number;
  /** Compiles the model with this optimiser; by default a compiled model stays as it is and another gets Adam at 0.001. */
  optimizer?: tf.Optimizer;
  /** How bytes become the model's input; `preprocess.scale()` by default. Stored in the model's metadata. */
  preprocess?: Preprocess;
  /** Random shifts and flips: true for those of Keras's example; none by default. */
  augment?: boolean | Augmentation;
  /** A fraction of the images to hold out of training, or a split to validate on after each epoch. */
  validation?: number | Split;
  /** TensorFlow.js callbacks, objects of functions or instances of `tf.Callback`; their logs carry `loss`, `accuracy`, `val_loss` and `val_accuracy`. */
  callbacks?: tf.CustomCallbackArgs[];
  /** Chooses the validation images, the order of the images and their augmentation; drawn from `setRandomSeed` by default. */
  seed?: number;
}

const LOSS = 'categoricalCrossentropy';
/** What a step of such a model returns, in TensorFlow.js's words. */
const MEASURES = 'loss,acc';

/** What a training measured. */
export interface History {
  /** 0, 1, …: the epochs that were finished. */
  epoch: number[];
  /** One value an epoch under Keras's names: `loss`, `accuracy`, and with validation `val_loss`, `val_accuracy`. */
  history: Record<string, number[]>;
  /** One value a step, over the step's own batch. */
  steps: { loss: number[]; accuracy: number[] };
}

/**
 * Trains a classifier on bytes: shuffles, augments and preprocesses them batch by batch, and measures the held-out
 * images after each epoch. As in Keras, `loss` and `val_loss` are the cross-entropy plus the model's L2 penalty, and
 * the training values are means over the epoch, while the weights were still changing.
 *
 * @param model from [batch, height, width, channels] to class probabilities [batch, classes].
 * @throws RangeError or TypeError when an option is out of range or the images don't fit the model, before any step.
 */
export async function fit(model: tf.LayersModel, split: Split, options: FitOptions = {}): Promise<History> {
  const { epochs = 1, batchSize = 32, preprocess = preprocessing.scale(), seed = nextSeed() } = options;
  checkCount('epochs', epochs);
  checkCount('batchSize', batchSize);
  checkSplitFits(model, split);
  const augmentation = options.augment === true ? KERAS_AUGMENTATION : options.augment || undefined;
  if (augmentation) checkAugmentation(augmentation);
  const { train, validation } = divide(split, options.validation, seed);
  if (validation) checkSplitFits(model, validation);

  compile(model, options.optimizer);
  const images = packImages(train.images);
  const classes = classCount(model);
  storePreprocess(model, preprocess);
  const callbacks = new tf.CallbackList(
    (options.callbacks ?? []).map((each) => (each instanceof tf.Callback ? each : new tf.CustomCallback(each))),
  );
  callbacks.setModel(model);
  callbacks.setParams({
    epochs,
    batchSize,
    samples: train.labels.length,
    steps: Math.ceil(train.labels.length / batchSize),
  });

  const history: History = { epoch: [], history: {}, steps: { loss: [], accuracy: [] } };
  model.stopTraining = false;
  await callbacks.onTrainBegin();
  for (let epoch = 0; epoch < epochs && !model.stopTraining; epoch++) {
    await callbacks.onEpochBegin(epoch);
    const logs: Record<string, number> = await trainEpoch();
    if (validation) Object.assign(logs, await validate(model, validation));
    history.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      history.history[name] ??= [];
      history.history[name].push(value);
    }
    await callbacks.onEpochEnd(epoch, logs);

    async function trainEpoch() {
      const order = permutation(train.labels.length, randomFor(seed, 'shuffle', epoch));
      const plan = [...batches(order, batchSize)];
      const prepare = (step: number): Batch => {
        const random = randomFor(seed, 'augment', epoch, step);
        const inputs = imageBatch(images, plan[step], {
          preprocess,
          augment: augmentation && { augmentation, random },
        });
        return { inputs, targets: labelBatch(train.labels, plan[step], classes) };
      };
      const total = { loss: 0, accuracy: 0 };
      let seen = 0;
      let next: Batch | undefined = prepare(0);
      try {
        for (let step = 0; next && (step === 0 || !model.stopTraining); step++) {
          await callbacks.onBatchBegin(step);
          const training = trainStep(model, next);
          next = undefined; // the step disposes of it
          // Once the step's jobs are given, the backend's other threads compute while this one prepares the next batch.
          await Promise.race([training, new Promise(setImmediate)]);
          if (step + 1 < plan.length) next = prepare(step + 1);
          const measured = await training;
          const { length: size } = plan[step];
          history.steps.loss.push(measured.loss);
          history.steps.accuracy.push(measured.accuracy);
          total.loss += measured.loss * size;
          total.accuracy += measured.accuracy * size;
          seen += size;
          await callbacks.onBatchEnd(step, { batch: step, size, ...measured });
          await new Promise(setImmediate); // a notebook's kernel has messages to answer
        }
      } finally {
        if (next) tf.dispose([next.inputs, next.targets]);
      }
      return { loss: total.loss / seen, accuracy: total.accuracy / seen };
    }
  }
  await callbacks.onTrainEnd();
  return history;
}

function divide(
  split: Split,
  validation: number | Split | undefined,
  seed: number,
): { train: Split; validation?: Split } {
  return typeof validation === 'number' ? holdOut(split, validation, seed) : { train: split, validation };
}

function compile(model: tf.LayersModel, optimizer: tf.Optimizer | undefined): void {
  const isCompiled = model.optimizer !== undefined && model.optimizer !== null;
  if (!isCompiled || optimizer !== undefined) {
    model.compile({ optimizer: optimizer ?? adam(), loss: LOSS, metrics: ['accuracy'] });
  } else if (model.loss !== LOSS || model.metricsNames.join() !== MEASURES) {
    throw new TypeError(
      `A compiled model should have the loss '${LOSS}' and the metrics ['accuracy'], received '${model.loss}' and the measures ${model.metricsNames}; give fit an optimizer to have it compiled anew.`,
    );
  }
}

/** What a step trains on. */
interface Batch {
  inputs: tf.Tensor4D;
  targets: tf.Tensor2D;
}

/** One step on one batch, whose tensors it disposes. */
async function trainStep(
  model: tf.LayersModel,
  { inputs, targets }: Batch,
): Promise<{ loss: number; accuracy: number }> {
  try {
    const [loss, accuracy] = (await model.trainOnBatch(inputs, targets)) as number[];
    return { loss, accuracy };
  } catch (error) {
    disposeTape();
    throw error;
  } finally {
    tf.dispose([inputs, targets]);
  }
}

/** TensorFlow.js keeps what a step saved for its gradients when that step fails, such as for want of memory. */
function disposeTape(): void {
  const { state } = tf.engine() as unknown as { state: { activeTape: { saved?: tf.Tensor[] }[] | null } };
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = null;
}

/** Cross-entropy plus penalty, like the training loss, so that the two curves can be compared. */
async function validate(model: tf.LayersModel, split: Split): Promise<{ val_loss: number; val_accuracy: number }> {
  const { loss, accuracy } = await evaluate(model, split);
  const penalty = tf.tidy(() => model.calculateLosses().reduce<number>((sum, term) => sum + term.dataSync()[0], 0));
  return { val_loss: loss + penalty, val_accuracy: accuracy };
}
