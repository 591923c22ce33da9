import type { NdArray } from 'ndarray';
import { type Augmentation, drawTransform, transformImage } from '../data/augment';
import { packedValues } from '../data/packed';
import { applyPreprocess, type Preprocess } from '../data/preprocess';
import type { Images } from '../data/types';
import type { Random } from '../random';
import { sizeOf } from '../shapes';
import { tf } from '../tf';

/** How the bytes of a batch become the model's input. */
export interface BatchOptions {
  preprocess: Preprocess;
  /** Random changes, drawn from `random`; none when absent. */
  augment?: { augmentation: Augmentation; random: Random };
}

/** Images without gaps between their numbers: a view that has some is copied, once for all batches. */
export interface PackedImages {
  values: Uint8Array | Float32Array;
  /** Of one image: [height, width, channels]; of its features, any. */
  shape: number[];
}

export function packImages(images: Images): PackedImages {
  const any = images as NdArray<Uint8Array | Float32Array>;
  return { values: packedValues(any), shape: images.shape.slice(1) };
}

/** The images at `indices` as the model's input: floats, [indices.length, height, width, channels]. */
export function imageBatch({ values, shape }: PackedImages, indices: Uint32Array, options: BatchOptions): tf.Tensor {
  const size = sizeOf(shape);
  const pixels = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    const image = values.subarray(indices[i] * size, (indices[i] + 1) * size);
    const target = pixels.subarray(i * size, (i + 1) * size);
    if (options.augment === undefined) target.set(image);
    else
      transformImage(
        image as Uint8Array,
        target,
        shape,
        drawTransform(options.augment.augmentation, shape, options.augment.random),
      );
  }
  applyPreprocess(options.preprocess, pixels, shape);
  return tf.tensor(pixels, [indices.length, ...shape]);
}

/** The labels at `indices`, one-hot: floats, [indices.length, numClasses]. */
export function labelBatch(labels: Uint8Array, indices: Uint32Array, numClasses: number): tf.Tensor2D {
  const oneHot = new Float32Array(indices.length * numClasses);
  for (let i = 0; i < indices.length; i++) oneHot[i * numClasses + labels[indices[i]]] = 1;
  return tf.tensor2d(oneHot, [indices.length, numClasses]);
}

/** Consecutive slices of `order` of `batchSize` each; the last may be shorter. */
export function* batches(order: Uint32Array, batchSize: number): Generator<Uint32Array> {
  for (let start = 0; start < order.length; start += batchSize) yield order.subarray(start, start + batchSize);
}
