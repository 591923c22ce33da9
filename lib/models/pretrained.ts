import { join } from 'node:path';
import { CHANNELS, SIDE } from '../data/records';
import { checkEmbedded } from '../files/embedded';
import { dataFolder } from '../paths';
import type { tf } from '../tf';
import { loadKerasWeights } from './keras/load';
import { resnetV1 } from './resnet';

/** Trained by this project on CIFAR-10 (data/pretrained/README.md says how, and what they reach). */
const PRETRAINED = {
  resnet20: { depth: 20, hash: 'd1b8d9746c63f2757f7eea9000c70a096700f255f56f54802df76c78353f220a' },
  resnet8: { depth: 8, hash: '763314f731d3055809d56fdce52e7d355d232057cf526d55aebc5258074a923e' },
};

export type PretrainedName = keyof typeof PRETRAINED;

/** The names that `loadPretrained` knows. */
export const PRETRAINED_NAMES = Object.keys(PRETRAINED) as PretrainedName[];

/** Keras's file of the weights, checked, and the depth of their network. */
export async function pretrainedFile(name: PretrainedName): Promise<{ file: string; depth: number }> {
  if (!Object.hasOwn(PRETRAINED, name)) {
    throw new RangeError(`The name should be one of ${PRETRAINED_NAMES.join(', ')}, received '${name}'.`);
  }
  const { depth, hash } = PRETRAINED[name];
  const file = join(dataFolder(), 'pretrained', `${name}.weights.h5`);
  await checkEmbedded(file, hash);
  return { file, depth };
}

/**
 * A ResNet that was trained on CIFAR-10; it knows its preprocessing, the pixel mean. Its weights are embedded in
 * data/pretrained, in a file that Keras's `load_weights` reads too; data/pretrained/README.md says what they reach.
 *
 * @param name `resnet20` (274,442 parameters) or `resnet8` (78,666).
 * @returns a model from [batch, 32, 32, 3] to the probabilities of CIFAR-10's classes, [batch, 10]; not compiled.
 * @throws RangeError for another name; DataError when the embedded file is missing or has been changed.
 */
export async function loadPretrained(name: PretrainedName = 'resnet20'): Promise<tf.LayersModel> {
  const { file, depth } = await pretrainedFile(name);
  const model = resnetV1([SIDE, SIDE, CHANNELS], depth);
  await loadKerasWeights(model, file);
  return model;
}
