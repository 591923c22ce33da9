import ndarray, { type NdArray } from 'ndarray';
import type { Images } from '../data/types';
import { anySignal, runningSignal } from '../interruption';
import { preprocessOf } from '../models/metadata';
import type { tf } from '../tf';
import { packImages } from './batches';
import { checkImages, classCount } from './checks';
import { outputsOf } from './outputs';

/**
 * Class probabilities of images, preprocessed as the model was trained.
 *
 * @param images bytes, [N, height, width, channels], or features.
 * @param options.signal stops it between two batches.
 * @returns probabilities, [N, classes].
 * @throws RangeError when the images are not of the model's input shape; the signal's reason when it stops.
 */
export async function predict(
  model: tf.LayersModel,
  images: Images,
  { signal }: { signal?: AbortSignal } = {},
): Promise<NdArray<Float32Array>> {
  checkImages(model, images);
  const classes = classCount(model);
  const stop = anySignal(signal, runningSignal());
  const probabilities = await outputsOf(model, packImages(images), preprocessOf(model, images), stop);
  return ndarray(probabilities, [images.shape[0], classes]);
}
