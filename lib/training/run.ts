import { createHash } from 'node:crypto';
import type { Augmentation } from '../data/augment';
import type { Preprocess } from '../data/preprocess';
import { imagesOf } from '../data/splits';
import type { AnySplit } from '../data/types';
import { sha256 } from '../files/atomic';
import { nodesOf } from '../models/graph';
import type { tf } from '../tf';
import { packImages } from './batches';
import type { AnyCallback } from './callbacks/resumable';
import type { TrainingState } from './history';
import type { Schedule } from './schedules';
import { resumable, type Snapshot } from './snapshot';

/** What a training is, in words: two trainings with the same description, seed and schedule give the same numbers. */
export type RunDescription = Record<string, string>;

/** What `fit` was given, as far as it decides what is computed. */
export interface RunParts {
  split: AnySplit;
  validation?: number | AnySplit;
  batchSize: number;
  preprocess: Preprocess;
  augmentation?: Augmentation;
}

const short = (text: string) => sha256(Buffer.from(text)).slice(0, 12);

export function describeRun(
  model: tf.LayersModel,
  { split, validation, batchSize, preprocess, augmentation }: RunParts,
): RunDescription {
  return {
    model: `${model.countParams()} parameters in ${model.layers.length} layers (${short(architecture(model))})`,
    images: describeSplit(split),
    validation: typeof validation === 'object' ? describeSplit(validation) : String(validation ?? 'none'),
    batchSize: String(batchSize),
    preprocess: `${preprocess.kind} (${short(JSON.stringify(preprocess))})`,
    augment: augmentation ? JSON.stringify(augmentation) : 'none',
  };
}

/** The optimiser before the first step: later its learning rate is what callbacks and schedule make of it. */
export function describeOptimizer(optimizer: tf.Optimizer): RunDescription {
  const { learningRate, ...constants } = optimizer.getConfig();
  return {
    optimizer: `${optimizer.getClassName()} ${JSON.stringify(constants)}`,
    learningRate: String(learningRate ?? 'none'),
  };
}

function describeSplit(split: AnySplit): string {
  const [images, labels] = [imagesOf(split), split.labels];
  const hash = createHash('sha256').update(packImages(images).values).update(labels).digest('hex');
  return `${labels.length} images of shape [${images.shape.slice(1)}] (${hash.slice(0, 12)})`;
}

const LEFT = /^name$|initializer$|^inbound|^inputLayers$|^outputLayers$/i;

/**
 * The layers with their settings and connections; not their names, which differ each time that a model is built.
 * What they compute does not depend on whether they are trained; how a training goes does.
 */
export function architecture(model: tf.LayersModel, isTrained = true): string {
  const { layers } = model;
  const place = new Map(layers.map((layer, i) => [layer, i]));
  const nodes = nodesOf(model);
  const left = isTrained ? LEFT : new RegExp(`^trainable$|${LEFT.source}`, 'i');
  const describe = (layer: tf.layers.Layer) => [
    layer.getClassName(),
    ...(isTrained ? [layer.trainable] : []),
    layer.outputShape,
    JSON.stringify(layer.getConfig(), (key, value) => (left.test(key) ? undefined : value)),
    nodes
      .filter(({ outboundLayer }) => outboundLayer === layer)
      .map(({ inboundLayers }) => inboundLayers.map((inbound) => place.get(inbound))),
  ];
  return JSON.stringify(layers.map(describe));
}

/** What `fit` is given when it may go on with a training. */
export interface Given {
  run: RunDescription;
  /** Undefined: whatever it began with. */
  seed: number | undefined;
  schedule: Schedule | undefined;
  stepsPerEpoch: number;
  callbacks: AnyCallback[];
}

/** In words, the first thing that is not what the training began with; undefined when all is. */
export function difference(begun: Snapshot, given: Given): string | undefined {
  const { run, seed = begun.seed, schedule, stepsPerEpoch, callbacks } = given;
  const differs = (name: string, before: unknown, now: unknown) =>
    before === now ? [] : [`${name} ${before}, received ${now}`];
  const rates = pastRates(schedule, begun.state, stepsPerEpoch);
  const left = resumable(callbacks).map((callback) => callback.constructor.name);
  const missing = begun.callbacks.filter(({ name }) => {
    const place = left.indexOf(name);
    left.splice(0, place + 1);
    return place < 0;
  });
  return [
    ...Object.keys(run).flatMap((name) => differs(name, begun.run[name], run[name])),
    ...differs('seed', begun.seed, seed),
    ...differs('learning rates by its schedule', String(begun.rates), String(rates)),
    ...missing.map(({ name }) => `the callback ${name}, which is missing`),
  ][0];
}

/** The schedule's rates at the beginnings of the epochs so far: a training that resumes must have had the same. */
export function pastRates(
  schedule: Schedule | undefined,
  { epoch, step }: Pick<TrainingState, 'epoch' | 'step'>,
  stepsPerEpoch: number,
): number[] {
  if (schedule === undefined) return [];
  const begun = step > 0 ? epoch + 1 : epoch;
  return Array.from({ length: begun }, (_, past) => schedule(past * stepsPerEpoch, stepsPerEpoch));
}
