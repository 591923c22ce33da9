import ndarray from 'ndarray';
import { permutation, randomFor } from '../random';
import { packedBytes } from './packed';
import type { Split } from './types';

/** Throws unless images are bytes of shape [N, height, width, channels] and there is one label for each. */
export function checkSplit(split: Split): void {
  const { images, labels } = split;
  if (images?.shape?.length !== 4 || images.dtype !== 'uint8' || images.shape[0] === 0) {
    throw new TypeError(
      `Images should be a non-empty ndarray of bytes, [N, height, width, channels], received ${describe(images)}.`,
    );
  }
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

/** A new split of the images at `indices`, in that order. */
export function selectImages(split: Split, indices: ArrayLike<number>): Split {
  checkSplit(split);
  const { images, labels } = split;
  const shape = [indices.length, ...images.shape.slice(1)];
  const size = shape[1] * shape[2] * shape[3];
  const chosen = {
    images: ndarray(new Uint8Array(indices.length * size), shape),
    labels: new Uint8Array(indices.length),
  };
  const bytes = packedBytes(images);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(index >= 0 && index < labels.length)) {
      throw new RangeError(`An index should be from 0 to ${labels.length - 1}, received ${index}.`);
    }
    chosen.images.data.set(bytes.subarray(index * size, (index + 1) * size), i * size);
    chosen.labels[i] = labels[index];
  }
  return chosen;
}

/** The first `count` images of a split, or all of them when there are fewer. */
export function takeImages(split: Split, count: number): Split {
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`The number of images should be at least 1, received ${count}.`);
  return selectImages(
    split,
    Uint32Array.from({ length: Math.min(count, split.labels.length) }, (_, i) => i),
  );
}

/** Number of images that `holdOut` takes for validation. */
export const heldOutCount = ({ labels }: Split, fraction: number): number => Math.round(labels.length * fraction);

/**
 * Divides a training split into a part to train on and a part to validate on, which training never sees. The test set
 * stays out of it: whoever chooses a model by its test accuracy has no test left.
 *
 * @param fraction of the images that are held out, between 0 and 1.
 * @param seed chooses them.
 */
export function holdOut(split: Split, fraction: number, seed: number): { train: Split; validation: Split } {
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
