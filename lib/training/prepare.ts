import { KERAS_AUGMENTATION } from '../data/augment';
import { heldOutCount, holdOut, imagesOf } from '../data/splits';
import type { AnySplit } from '../data/types';
import { anySignal, runningSignal } from '../interruption';
import { preprocessOf, storePreprocess } from '../models/metadata';
import { nextSeed } from '../random';
import { tf } from '../tf';
import { type PackedImages, packImages } from './batches';
import type { AnyCallback } from './callbacks/resumable';
import { type Checkpoint, restoreCheckpoint } from './checkpoint';
import { checkSplitFits } from './checks';
import type { FitOptions } from './fit';
import { newState, type TrainingState } from './history';
import { learningRateOf } from './learning-rate';
import { adam } from './optimizers';
import { describeOptimizer, describeRun, difference, type RunDescription } from './run';
import type { Snapshot } from './snapshot';

/** A training that is ready to run. */
export interface Training extends Required<Pick<FitOptions, 'epochs' | 'batchSize' | 'preprocess' | 'seed'>> {
  model: tf.LayersModel;
  train: AnySplit;
  /** Its images, packed once for all epochs. */
  images: PackedImages;
  validation: AnySplit | undefined;
  augmentation: Exclude<FitOptions['augment'], boolean>;
  schedule: FitOptions['schedule'];
  signal: FitOptions['signal'];
  callbacks: AnyCallback[];
  stepsPerEpoch: number;
  /** What it is; takes the hash of the images, so that it is not asked for without need. */
  describe: () => RunDescription;
  /** Where it goes on; undefined when it begins. */
  begun: Snapshot | undefined;
  /** Where it stands; goes on with every step. */
  state: TrainingState;
}

const LOSS = 'categoricalCrossentropy';
/** What a step of such a model returns, in TensorFlow.js's words. */
const MEASURES = 'loss,acc';

/** What optimisers were when their trainings began: callbacks and schedules change their learning rates. */
const begunWith = new WeakMap<tf.Optimizer, RunDescription>();
/** Trainings that their signals stopped; they go on as long as the model keeps its optimiser. */
const stoppedTrainings = new WeakMap<tf.LayersModel, { optimizer: tf.Optimizer; snapshot: Snapshot }>();

export function rememberStopped(model: tf.LayersModel, snapshot: Snapshot): void {
  stoppedTrainings.set(model, { optimizer: model.optimizer, snapshot });
}

/** Compiles the model and gives it what a checkpoint or a stopped training left. */
export async function prepare(
  model: tf.LayersModel,
  split: AnySplit,
  options: FitOptions,
  newest: Checkpoint | undefined,
): Promise<Training> {
  const {
    epochs = 1,
    batchSize = 32,
    preprocess = preprocessOf(model, imagesOf(split)),
    schedule,
    resume = true,
  } = options;
  const signal = anySignal(options.signal, runningSignal());
  const augmentation = options.augment === true ? KERAS_AUGMENTATION : options.augment || undefined;
  const callbacks = (options.callbacks ?? []).map((each) =>
    each instanceof tf.Callback || each instanceof tf.CustomCallback ? each : new tf.CustomCallback(each),
  );
  const optimizer = options.optimizer ?? (isCompiled(model) ? model.optimizer : adam());
  if (schedule) learningRateOf(optimizer);
  const stopped = stoppedTraining(model);
  const stepsPerEpoch = Math.ceil(trainCount(split, options.validation) / batchSize);
  const described = begunWith.get(optimizer) ?? describeOptimizer(optimizer);
  const describe = once(() => ({
    ...describeRun(model, { split, validation: options.validation, batchSize, preprocess, augmentation }),
    ...described,
  }));
  const differs = (begun: Snapshot) =>
    difference(begun, { run: describe(), seed: options.seed, schedule, stepsPerEpoch, callbacks });
  if (newest) checkResumable(newest, resume, differs);
  const begun = newest?.snapshot ?? (resume && stopped && !differs(stopped) ? stopped : undefined);

  const seed = begun?.seed ?? options.seed ?? nextSeed();
  const { train, validation } = divide(split, options.validation, seed);
  if (validation) checkSplitFits(model, validation);
  stoppedTrainings.delete(model); // from here on it goes on, or another begins
  const isInModel = begun !== undefined && begun === stopped;
  if ((!isInModel && options.optimizer) || !isCompiled(model) || !knowsItsWeights(model)) {
    model.compile({ optimizer, loss: LOSS, metrics: ['accuracy'] });
  }
  if (newest) await restoreCheckpoint(newest, model);
  const begins = begun ? described : describeOptimizer(model.optimizer);
  begunWith.set(model.optimizer, begins);
  if (preprocess.kind !== 'none') storePreprocess(model, preprocess);
  return {
    ...{ model, train, validation, epochs, batchSize, preprocess, augmentation, schedule, signal, callbacks },
    images: packImages(imagesOf(train)),
    ...{ seed, stepsPerEpoch, begun, describe: () => begun?.run ?? { ...describe(), ...begins } },
    state: structuredClone(begun?.state ?? newState()),
  };
}

/** The training of this model that its signal stopped, if nobody gave the model another optimiser since. */
function stoppedTraining(model: tf.LayersModel): Snapshot | undefined {
  const stopped = stoppedTrainings.get(model);
  return stopped?.optimizer === model.optimizer ? stopped?.snapshot : undefined;
}

function checkResumable(
  { folder, snapshot }: Checkpoint,
  resume: boolean,
  differs: (begun: Snapshot) => string | undefined,
): void {
  if (!resume) {
    throw new RangeError(
      `${folder} holds a training already. Go on with it (resume: true), give another folder, or delete this one.`,
    );
  }
  const difference = differs(snapshot);
  if (difference !== undefined) {
    throw new RangeError(
      `${folder} holds another training: it was begun with ${difference}. Give fit what it was begun with, or another folder.`,
    );
  }
}

const isCompiled = (model: tf.LayersModel) => model.optimizer !== undefined && model.optimizer !== null;

/** Whether the model was compiled after layers were last frozen or set free. */
function knowsItsWeights(model: tf.LayersModel): boolean {
  const { model: inner = model } = model as { model?: tf.LayersModel }; // of a tf.Sequential
  const compiled = (inner as unknown as { collectedTrainableWeights: object[] }).collectedTrainableWeights;
  return compiled.length === model.trainableWeights.length && compiled.every((w, i) => w === model.trainableWeights[i]);
}

/** Throws when the model is compiled for something that `fit` does not do. */
export function checkCompiled(model: tf.LayersModel): void {
  if (isCompiled(model) && (model.loss !== LOSS || model.metricsNames.join() !== MEASURES)) {
    throw new TypeError(
      `A compiled model should have the loss '${LOSS}' and the metrics ['accuracy'], received '${model.loss}' and the measures ${model.metricsNames}; give fit an optimizer to have it compiled anew.`,
    );
  }
}

function divide(
  split: AnySplit,
  validation: number | AnySplit | undefined,
  seed: number,
): { train: AnySplit; validation?: AnySplit } {
  return typeof validation === 'number' ? holdOut(split, validation, seed) : { train: split, validation };
}

function trainCount(split: AnySplit, validation: number | AnySplit | undefined): number {
  return typeof validation === 'number' ? split.labels.length - heldOutCount(split, validation) : split.labels.length;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
