import { join } from 'node:path';
import { CHANNELS, SIDE } from '../data/records';
import { checkEmbedded } from '../files/embedded';
import { dataFolder } from '../paths';
import type { tf } from '../tf';
import { loadKerasWeights } from './keras/load';
import { resnetV1 } from './resnet';

/** Trained by this project on CIFAR-10 (data/README.md says how, and what they reach). */
const PRETRAINED = {
  resnet20: { depth: 20, hash: '176313476f110d1ec3d2520d84dd3ba3631ec86ee3d5db6af9513523c43301d2' },
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
 * A ResNet with weights that are embedded in data/pretrained; it knows its preprocessing. The files are Keras's too.
 *
 * @returns a model from [batch, 32, 32, 3] to the probabilities of CIFAR-10's classes, [batch, 10]; not compiled.
 * @throws RangeError for another name; DataError when the embedded file is missing or has been changed.
 */
export async function loadPretrained(name: PretrainedName = 'resnet20'): Promise<tf.LayersModel> {
  const { file, depth } = await pretrainedFile(name);
  const model = resnetV1([SIDE, SIDE, CHANNELS], depth);
  await loadKerasWeights(model, file);
  return model;
}
