import ndarray, { type NdArray } from 'ndarray';
import { type Random, randomFor } from '../random';
import { packedValues } from './packed';

/** Random changes of a training image, as Keras's `ImageDataGenerator` names them. */
export interface Augmentation {
  /** Largest shift to the left or right, as a fraction of the width. */
  widthShiftRange: number;
  /** Largest shift up or down, as a fraction of the height. */
  heightShiftRange: number;
  /** Whether half of the images are mirrored. */
  horizontalFlip: boolean;
  /**
   * Whether shifts are whole pixels, none less likely than another; false by default. A shift between pixels blurs the
   * image, and the images that a network is measured on are sharp.
   */
  wholePixels?: boolean;
}

/** What Keras's cifar10_resnet example uses. */
export const KERAS_AUGMENTATION: Augmentation = { widthShiftRange: 0.1, heightShiftRange: 0.1, horizontalFlip: true };

/** One image's change: the output pixel (row, column) shows the input at (row + rows, column + columns), then mirrored. */
export interface Transform {
  rows: number;
  columns: number;
  flip: boolean;
}

/** Draws a change. Shifts are real numbers of pixels, as in Keras when the range is a fraction, unless whole ones are asked for. */
export function drawTransform(augmentation: Augmentation, shape: readonly number[], random: Random): Transform {
  const { widthShiftRange, heightShiftRange, horizontalFlip, wholePixels } = augmentation;
  const draw = wholePixels ? drawWhole : drawReal;
  const rows = draw(heightShiftRange * shape[0], random);
  const columns = draw(widthShiftRange * shape[1], random);
  return { rows, columns, flip: random() < 0.5 && horizontalFlip };
}

const drawReal = (most: number, random: Random) => (random() * 2 - 1) * most;

function drawWhole(most: number, random: Random): number {
  const whole = Math.floor(most);
  return Math.floor(random() * (2 * whole + 1)) - whole;
}

/** For each output position: the two input positions it lies between, and the weight of the second. */
function taps(length: number, shift: number): { low: Int32Array; high: Int32Array; weight: Float64Array } {
  const [low, high, weight] = [new Int32Array(length), new Int32Array(length), new Float64Array(length)];
  for (let i = 0; i < length; i++) {
    const at = Math.min(Math.max(i + shift, 0), length - 1); // beyond the edge: the nearest pixel
    low[i] = Math.floor(at);
    high[i] = Math.min(low[i] + 1, length - 1);
    weight[i] = at - low[i];
  }
  return { low, high, weight };
}

/**
 * Writes the transformed image to `output`: bilinear interpolation between pixels, nearest pixel beyond the edges
 * (Keras, `apply_affine_transform` with `fill_mode='nearest'`, order 1), then the flip.
 *
 * @param input and output hold [height, width, channels] in that order; they must not overlap.
 */
export function transformImage(
  input: ArrayLike<number>,
  output: Float32Array,
  shape: readonly number[],
  { rows, columns, flip }: Transform,
): void {
  const [height, width, channels] = shape;
  const [vertical, horizontal] = [taps(height, rows), taps(width, columns)];
  for (let y = 0; y < height; y++) {
    const [above, below, down] = [vertical.low[y] * width, vertical.high[y] * width, vertical.weight[y]];
    for (let x = 0; x < width; x++) {
      const from = flip ? width - 1 - x : x;
      const [left, right, across] = [horizontal.low[from], horizontal.high[from], horizontal.weight[from]];
      for (let c = 0; c < channels; c++) {
        const top =
          input[(above + left) * channels + c] * (1 - across) + input[(above + right) * channels + c] * across;
        const bottom =
          input[(below + left) * channels + c] * (1 - across) + input[(below + right) * channels + c] * across;
        output[(y * width + x) * channels + c] = top * (1 - down) + bottom * down;
      }
    }
  }
}

/** Throws unless the shifts are fractions from 0 to below 1. */
export function checkAugmentation({ widthShiftRange, heightShiftRange }: Augmentation): void {
  for (const [name, value] of Object.entries({ widthShiftRange, heightShiftRange })) {
    if (!(value >= 0 && value < 1))
      throw new RangeError(`${name} should be a fraction from 0 to below 1, received ${value}.`);
  }
}

/**
 * Augmented copies of images, to look at what training sees.
 *
 * @param images bytes, [N, height, width, channels].
 * @returns bytes of the same shape.
 */
export function augmentImages(
  images: NdArray<Uint8Array>,
  seed: number,
  augmentation: Augmentation = KERAS_AUGMENTATION,
): NdArray<Uint8Array> {
  checkAugmentation(augmentation);
  const [count, ...shape] = images.shape;
  const size = shape[0] * shape[1] * shape[2];
  const random = randomFor(seed, 'augment');
  const input = packedValues(images);
  const output = new Uint8ClampedArray(count * size); // rounds to the nearest byte
  const scratch = new Float32Array(size);
  for (let i = 0; i < count; i++) {
    transformImage(
      input.subarray(i * size, (i + 1) * size),
      scratch,
      shape,
      drawTransform(augmentation, shape, random),
    );
    output.set(scratch, i * size);
  }
  return ndarray(new Uint8Array(output.buffer), [count, ...shape]);
}
