import ndarray, { type NdArray } from 'ndarray';
import type { Images } from '../data/types';
import { anySignal, runningSignal } from '../interruption';
import { preprocessOf } from '../models/metadata';
import { tf } from '../tf';
import { batches, imageBatch, packImages } from './batches';
import { checkImages, classCount } from './checks';

/** Images a step of prediction: enough to keep the processor busy, and 128 × 32 × 32 × 64 floats stay under 40 MB. */
const BATCH_SIZE = 128;

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
  const stop = anySignal(signal, runningSignal());
  const classes = classCount(model);
  const count = images.shape[0];
  const probabilities = new Float32Array(count * classes);
  const packed = packImages(images);
  let filled = 0;
  for (const indices of batches(
    Uint32Array.from({ length: count }, (_, i) => i),
    BATCH_SIZE,
  )) {
    stop?.throwIfAborted();
    const output = tf.tidy(() => {
      const inputs = imageBatch(packed, indices, { preprocess: preprocessOf(model, images) });
      return model.predictOnBatch(inputs) as tf.Tensor2D;
    });
    probabilities.set(await output.data<'float32'>(), filled);
    output.dispose();
    filled += indices.length * classes;
    await new Promise(setImmediate); // a notebook's kernel has messages to answer
  }
  return ndarray(probabilities, [count, classes]);
}
