import { sizeOf } from '../shapes';
import { packedValues } from './packed';
import type { Split } from './types';

/**
 * What turns bytes into a model's input, as plain JSON, so that it can travel in the model's metadata:
 * - `scale`: bytes / 255, from 0 to 1;
 * - `pixelMean`: bytes / 255 less the mean image of the training set, [height, width, channel];
 * - `caffe`: RGB to BGR, less the mean colour of ImageNet, not scaled (VGG16).
 * Features, which are no bytes, stay as they are: `none`.
 */
export type Preprocess =
  | { kind: 'none' }
  | { kind: 'scale' }
  | { kind: 'pixelMean'; shape: number[]; mean: number[] }
  | { kind: 'caffe' };

/** Mean colour of ImageNet in the order blue, green, red (Keras, imagenet_utils.py, mode 'caffe'). */
const IMAGENET_MEAN = [103.939, 116.779, 123.68];

/** The ways to turn bytes into a model's input; `fit` takes one as its option `preprocess`. */
export const preprocess = {
  /** Bytes / 255. */
  scale: (): Preprocess => ({ kind: 'scale' }),

  /** Bytes / 255, less the mean over the images of `split`: the training split, of which alone it is allowed to know. */
  pixelMean(split: Split): Preprocess {
    const shape = split.images.shape.slice(1);
    const bytes = packedValues(split.images);
    const size = sizeOf(shape);
    const sums = new Float64Array(size);
    for (let start = 0; start < bytes.length; start += size) {
      for (let i = 0; i < size; i++) sums[i] += bytes[start + i];
    }
    // Single precision is what the model computes in, and keeps the metadata short.
    const mean = Array.from(sums, (sum) => Number(Math.fround(sum / split.labels.length / 255).toPrecision(9)));
    return { kind: 'pixelMean', shape, mean };
  },

  /** Keras's `preprocess_input` of VGG16: BGR less the mean colour of ImageNet, not scaled. */
  caffe: (): Preprocess => ({ kind: 'caffe' }),
};

/**
 * Applies a preprocessing in place to pixels from 0 to 255 that lie as [image, height, width, channel].
 *
 * @param shape of one image, [height, width, channels].
 * @throws RangeError when the images don't have the shape that the preprocessing was made for.
 */
export function applyPreprocess(description: Preprocess, pixels: Float32Array, shape: readonly number[]): void {
  switch (description.kind) {
    case 'none':
      return;
    case 'scale':
      for (let i = 0; i < pixels.length; i++) pixels[i] /= 255;
      return;
    case 'pixelMean': {
      const { mean } = description;
      if (description.shape.join() !== shape.join()) {
        throw new RangeError(
          `The pixel mean is of images of shape [${description.shape}], received images of shape [${shape}].`,
        );
      }
      for (let i = 0, j = 0; i < pixels.length; i++) {
        pixels[i] = Math.fround(pixels[i] / 255) - mean[j];
        j = j + 1 === mean.length ? 0 : j + 1;
      }
      return;
    }
    case 'caffe': {
      if (shape[2] !== 3)
        throw new RangeError(`Preprocessing 'caffe' is for 3 channels, received images of shape [${shape}].`);
      for (let i = 0; i < pixels.length; i += 3) {
        const [red, green, blue] = [pixels[i], pixels[i + 1], pixels[i + 2]];
        pixels[i] = blue - IMAGENET_MEAN[0];
        pixels[i + 1] = green - IMAGENET_MEAN[1];
        pixels[i + 2] = red - IMAGENET_MEAN[2];
      }
      return;
    }
    default:
      throw new RangeError(
        `The preprocessing should be of kind 'scale', 'pixelMean' or 'caffe', received ${JSON.stringify(description)}.`,
      );
  }
}
