import ndarray, { type NdArray } from 'ndarray';
import { permutation, randomFor } from '../random';
import { emptyLike, packedValues } from './packed';
import type { AnySplit, Images } from './types';

/** What a model takes of a split. */
export const imagesOf = (split: AnySplit): Images => ('features' in split ? split.features : split.images);

/** Throws unless images are bytes of shape [N, height, width, channels], or features, and there is one label for each. */
export function checkSplit(split: AnySplit): void {
  const images = imagesOf(split);
  const [dtype, fits, expected] =
    'features' in split
      ? ['float32', images?.shape?.length > 1, 'Features should be a non-empty ndarray of floats, [N, …]']
      : [
          'uint8',
          images?.shape?.length === 4,
          'Images should be a non-empty ndarray of bytes, [N, height, width, channels]',
        ];
  if (images?.dtype !== dtype || !fits || images.shape[0] === 0) {
    throw new TypeError(`${expected}, received ${describe(images)}.`);
  }
  const { labels } = split;
  if (labels?.length !== images.shape[0]) {
    throw new RangeError(
      `There should be one label for each of ${images.shape[0]} images, received ${labels?.length}.`,
    );
  }
}

function describe(value: unknown): string {
  const { shape, dtype } = (value ?? {}) as { shape?: unknown; dtype?: unknown };
  return Array.isArray(shape) ? `${dtype} of shape [${shape}]` : typeof value;
}

/** A new split of the images, or features, at `indices`, in that order. */
export function selectImages<S extends AnySplit>(split: S, indices: ArrayLike<number>): S {
  checkSplit(split);
  const count = split.labels.length;
  for (const index of Array.from(indices)) {
    if (!(index >= 0 && index < count)) {
      throw new RangeError(`An index should be from 0 to ${count - 1}, received ${index}.`);
    }
  }
  const labels = Uint8Array.from(indices, (index) => split.labels[index]);
  const chosen: AnySplit =
    'features' in split
      ? { features: select(split.features, indices), labels }
      : { images: select(split.images, indices), labels };
  return chosen as S;
}

function select<Values extends Uint8Array | Float32Array>(images: NdArray<Values>, indices: ArrayLike<number>) {
  const values = packedValues(images);
  const size = values.length / images.shape[0];
  const chosen = emptyLike(values, indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    chosen.set(values.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
  }
  return ndarray(chosen, [indices.length, ...images.shape.slice(1)]);
}

/** The first `count` images of a split, or all of them when there are fewer. */
export function takeImages<S extends AnySplit>(split: S, count: number): S {
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`The number of images should be at least 1, received ${count}.`);
  return selectImages(
    split,
    Uint32Array.from({ length: Math.min(count, split.labels.length) }, (_, i) => i),
  );
}

/** Number of images that `holdOut` takes for validation. */
export const heldOutCount = ({ labels }: { labels: Uint8Array }, fraction: number): number =>
  Math.round(labels.length * fraction);

/**
 * Divides a training split into a part to train on and a part to validate on, which training never sees. The test set
 * stays out of it: whoever chooses a model by its test accuracy has no test left.
 *
 * @param fraction of the images that are held out, between 0 and 1.
 * @param seed chooses them.
 */
export function holdOut<S extends AnySplit>(split: S, fraction: number, seed: number): { train: S; validation: S } {
  checkSplit(split);
  const count = heldOutCount(split, fraction);
  if (!(fraction > 0 && fraction < 1) || count < 1 || count >= split.labels.length) {
    throw new RangeError(
      `The validation fraction should leave at least one image on either side of ${split.labels.length}, received ${fraction}.`,
    );
  }
  const order = permutation(split.labels.length, randomFor(seed, 'validation'));
  const [held, kept] = [order.subarray(0, count).sort(), order.subarray(count).sort()];
  return { train: selectImages(split, kept), validation: selectImages(split, held) };
}
