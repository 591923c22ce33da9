import type { Preprocess } from '../data/preprocess';
import { sizeOf } from '../shapes';
import { tf } from '../tf';
import { batches, imageBatch, type PackedImages } from './batches';

/** Images at once: enough to keep the processor busy, and 128 × 32 × 32 × 64 floats stay under 40 MB. */
const BATCH_SIZE = 128;

/** What a model gives for images, one after the other; `stop` stops it between two batches. */
export async function outputsOf(
  model: tf.LayersModel,
  images: PackedImages,
  preprocess: Preprocess,
  stop?: AbortSignal,
): Promise<Float32Array> {
  const count = images.values.length / sizeOf(images.shape);
  let outputs = new Float32Array();
  let filled = 0;
  for (const indices of batches(
    Uint32Array.from({ length: count }, (_, i) => i),
    BATCH_SIZE,
  )) {
    stop?.throwIfAborted();
    const output = tf.tidy(() => model.predictOnBatch(imageBatch(images, indices, { preprocess })) as tf.Tensor);
    if (filled === 0) outputs = new Float32Array((output.size / indices.length) * count);
    outputs.set(await output.data<'float32'>(), filled);
    filled += output.size;
    output.dispose();
    await new Promise(setImmediate); // a notebook's kernel has messages to answer
  }
  return outputs;
}
