import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { augmentImages, KERAS_AUGMENTATION } from 'resnet-lab';
import { drawTransform, type Transform, transformImage } from 'resnet-lab/dist/data/augment';
import { assertClose } from '../helpers/close';
import { readJson } from '../helpers/vectors';

const image = fc.integer({ min: 1, max: 9 }).chain((height) =>
  fc.integer({ min: 1, max: 9 }).chain((width) =>
    fc.constantFrom(1, 3).chain((channels) =>
      fc.record({
        shape: fc.constant([height, width, channels]),
        pixels: fc.uint8Array({ minLength: height * width * channels, maxLength: height * width * channels }),
      }),
    ),
  ),
);
const shift = fc.double({ min: -12, max: 12, noNaN: true });
const transform = fc.record({ rows: shift, columns: shift, flip: fc.boolean() });

function apply(pixels: ArrayLike<number>, shape: readonly number[], change: Transform): Float32Array {
  const output = new Float32Array(pixels.length);
  transformImage(pixels, output, shape, change);
  return output;
}

describe('transformImage', () => {
  it('does what Keras does', () => {
    type Case = Transform & { pixels: number[] };
    const keras = readJson<{ shape: number[]; image: number[]; cases: Case[] }>('augmentation');
    for (const { pixels, ...change } of keras.cases) {
      const ours = apply(keras.image, keras.shape, change);
      assertClose(ours, pixels, 2e-3, JSON.stringify(change));
    }
  });

  it('leaves an image that is not moved as it is, and flipping twice too', () => {
    fc.assert(
      fc.property(image, ({ pixels, shape }) => {
        const still = { rows: 0, columns: 0, flip: false };
        assert.deepEqual([...apply(pixels, shape, still)], [...pixels]);
        const flip = { ...still, flip: true };
        assert.deepEqual([...apply(apply(pixels, shape, flip), shape, flip)], [...pixels]);
      }),
    );
  });

  it('invents no colour: every channel stays within its range', () => {
    fc.assert(
      fc.property(image, transform, ({ pixels, shape }, change) => {
        const channels = shape[2];
        const output = apply(pixels, shape, change);
        for (let c = 0; c < channels; c++) {
          const of = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => i % channels === c);
          const [least, most] = [Math.min(...of(pixels)), Math.max(...of(pixels))];
          for (const v of of(output)) assert.ok(v >= least - 1e-3 && v <= most + 1e-3, `${v} outside ${least}…${most}`);
        }
      }),
    );
  });

  it('moves whole pixels without blurring, repeating the edge', () => {
    fc.assert(
      fc.property(
        image,
        fc.integer({ min: -9, max: 9 }),
        fc.integer({ min: -9, max: 9 }),
        ({ pixels, shape }, rows, columns) => {
          const [height, width, channels] = shape;
          const output = apply(pixels, shape, { rows, columns, flip: false });
          const clamp = (i: number, length: number) => Math.min(Math.max(i, 0), length - 1);
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
              const from = (clamp(y + rows, height) * width + clamp(x + columns, width)) * channels;
              assert.equal(output[(y * width + x) * channels], pixels[from]);
            }
          }
        },
      ),
    );
  });
});

/** A linear congruential generator: numbers from 0 to 1. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

describe('drawTransform', () => {
  it('draws whole pixels, the outermost as often as the others', () => {
    const random = generator();
    const crops = { widthShiftRange: 0.125, heightShiftRange: 0.1, horizontalFlip: true, wholePixels: true };
    const counts = { rows: new Map<number, number>(), columns: new Map<number, number>() };
    for (let i = 0; i < 9000; i++) {
      const draw = drawTransform(crops, [32, 32, 3], random);
      for (const axis of ['rows', 'columns'] as const) {
        counts[axis].set(draw[axis], (counts[axis].get(draw[axis]) ?? 0) + 1);
      }
    }
    const sorted = (axis: 'rows' | 'columns') => [...counts[axis].keys()].sort((a, b) => a - b);
    assert.deepEqual(sorted('rows'), [-3, -2, -1, 0, 1, 2, 3]);
    assert.deepEqual(sorted('columns'), [-4, -3, -2, -1, 0, 1, 2, 3, 4]);
    for (const count of counts.columns.values()) assert.ok(count > 850 && count < 1150, `${count} of 9000`);
  });

  it('draws from the whole range, both flips, and nothing beyond', () => {
    const random = generator();
    const draws = Array.from({ length: 2000 }, () => drawTransform(KERAS_AUGMENTATION, [32, 20, 3], random));
    const rows = draws.map((draw) => draw.rows);
    const columns = draws.map((draw) => draw.columns);
    assert.ok(Math.max(...rows) > 3 && Math.max(...rows) <= 3.2 && Math.min(...rows) < -3 && Math.min(...rows) >= -3.2);
    assert.ok(Math.max(...columns) > 1.9 && Math.max(...columns) <= 2);
    const flips = draws.filter((draw) => draw.flip).length;
    assert.ok(flips > 900 && flips < 1100, `${flips} of 2000 flipped`);
  });
});

describe('augmentImages', () => {
  it('gives the same images for the same seed, others for another', () => {
    const pixels = Uint8Array.from({ length: 4 * 8 * 8 * 3 }, (_, i) => (i * 37) % 256);
    const images = ndarray(pixels, [4, 8, 8, 3]);
    const [first, again, other] = [1, 1, 2].map((seed) => [...augmentImages(images, seed).data]);
    assert.deepEqual(first, again);
    assert.notDeepEqual(first, other);
    assert.deepEqual([...images.data], [...pixels], 'the originals stay as they are');
  });

  it('refuses a shift that is no fraction', () => {
    const images = ndarray(new Uint8Array(12), [1, 2, 2, 3]);
    assert.throws(
      () => augmentImages(images, 0, { ...KERAS_AUGMENTATION, widthShiftRange: 3 }),
      /RangeError.*widthShiftRange.*received 3/,
    );
  });
});
