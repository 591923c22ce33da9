import ndarray from 'ndarray';
import { checkCount } from '../checks';
import { type Augmentation, augmentImages, KERAS_AUGMENTATION } from '../data/augment';
import { packedValues } from '../data/packed';
import type { Split } from '../data/types';
import { sizeOf } from '../shapes';
import type { Figure } from './figure';
import { plotImages } from './images';

/**
 * Each image in a row of its own, first as it is, then as training sees it.
 *
 * @param images bytes, [N, height, width, 3].
 * @param options.copies augmented ones in a row.
 */
export function plotAugmentation(
  images: Split['images'],
  {
    augmentation = KERAS_AUGMENTATION,
    copies = 7,
    seed = 1,
    title = 'As it is, and as training sees it',
  }: { augmentation?: Augmentation; copies?: number; seed?: number; title?: string } = {},
): Figure {
  checkCount('copies', copies);
  const [count, ...shape] = images.shape;
  const size = sizeOf(shape);
  const bytes = packedValues(images);
  const rows = ndarray(new Uint8Array(count * (copies + 1) * size), [count * (copies + 1), ...shape]);
  const repeated = rows.data.map((_, at) => bytes[Math.floor(at / ((copies + 1) * size)) * size + (at % size)]);
  rows.data.set(augmentImages(ndarray(repeated, rows.shape), seed, augmentation).data);
  for (let i = 0; i < count; i++) {
    rows.data.set(bytes.subarray(i * size, (i + 1) * size), i * (copies + 1) * size);
  }
  return plotImages(rows, { columns: copies + 1, title });
}
