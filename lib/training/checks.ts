import { checkSplit, imagesOf } from '../data/splits';
import type { AnySplit, Images } from '../data/types';
import type { tf } from '../tf';

/** The number of classes that the model tells apart; throws unless it maps one input to one row of probabilities. */
export function classCount(model: tf.LayersModel): number {
  const shape = model.outputs[0].shape;
  const classes = shape.at(-1);
  if (model.inputs.length !== 1 || model.outputs.length !== 1 || shape.length !== 2 || typeof classes !== 'number') {
    throw new TypeError(
      `The model should have one input and one output of shape [batch, classes]; it has ${model.inputs.length} and ${model.outputs.length}, the output of shape [${shape}].`,
    );
  }
  return classes;
}

/** Throws unless the images are of the model's input shape. */
export function checkImages(model: tf.LayersModel, images: Images): void {
  const expected = model.inputs[0].shape.slice(1);
  const received = images?.shape?.slice(1);
  const fits = received?.length === expected.length && expected.every((n, i) => n === null || n === received[i]);
  if (!fits) throw new RangeError(`The model takes images of shape [${expected}], received [${received}].`);
}

/** Throws unless images and labels fit each other and the model. */
export function checkSplitFits(model: tf.LayersModel, split: AnySplit): void {
  checkSplit(split);
  checkImages(model, imagesOf(split));
  const classes = classCount(model);
  const index = split.labels.findIndex((label) => label >= classes);
  if (index >= 0) {
    throw new RangeError(
      `The model tells ${classes} classes apart, so labels are 0 to ${classes - 1}; label ${index} is ${split.labels[index]}.`,
    );
  }
}
