import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { holdOut, selectImages, takeImages } from 'resnet-lab';
import { packedValues } from 'resnet-lab/dist/data/packed';

/** Images whose bytes all hold the image's number. */
function numbered(count: number) {
  const pixels = Uint8Array.from({ length: count * 12 }, (_, i) => Math.floor(i / 12));
  return { images: ndarray(pixels, [count, 2, 2, 3]), labels: Uint8Array.from({ length: count }, (_, i) => i) };
}

describe('holdOut', () => {
  it('divides every image into one of two parts, images with their labels, the same way for the same seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 200 }),
        fc.double({ min: 0.2, max: 0.8, noNaN: true }),
        fc.nat(1000),
        (count, fraction, seed) => {
          const { train, validation } = holdOut(numbered(count), fraction, seed);
          assert.equal(validation.labels.length, Math.round(count * fraction));
          const labels = [...train.labels, ...validation.labels];
          assert.deepEqual(
            labels.sort((a, b) => a - b),
            [...numbered(count).labels],
          );
          for (const part of [train, validation]) {
            assert.deepEqual(
              [...part.images.pick(null, 1, 1, 2).data.filter((_, i) => i % 12 === 11)],
              [...part.labels],
            );
          }
          assert.deepEqual(holdOut(numbered(count), fraction, seed).validation.labels, validation.labels);
        },
      ),
    );
  });

  it('holds out other images for another seed', () => {
    assert.notDeepEqual(
      holdOut(numbered(200), 0.3, 1).validation.labels,
      holdOut(numbered(200), 0.3, 2).validation.labels,
    );
  });

  it('refuses a fraction that leaves a side empty', () => {
    for (const fraction of [0, 1, -1, 0.01, Number.NaN]) {
      assert.throws(() => holdOut(numbered(10), fraction, 0), /RangeError.*at least one image on either side/);
    }
  });
});

describe('selectImages and takeImages', () => {
  it('take the images asked for', () => {
    const { images, labels } = selectImages(numbered(5), [4, 0, 4]);
    assert.deepEqual([...labels], [4, 0, 4]);
    assert.deepEqual([images.get(0, 0, 0, 0), images.get(1, 0, 0, 0), images.get(2, 1, 1, 2)], [4, 0, 4]);
    assert.deepEqual([...takeImages(numbered(5), 2).labels], [0, 1]);
    assert.equal(takeImages(numbered(5), 100).labels.length, 5);
  });

  it('refuse what is not there', () => {
    assert.throws(() => selectImages(numbered(5), [5]), /RangeError.*from 0 to 4, received 5/);
    assert.throws(() => takeImages(numbered(5), 0), /RangeError.*at least 1, received 0/);
    assert.throws(
      () => takeImages({ ...numbered(5), labels: new Uint8Array(4) }, 1),
      /RangeError.*one label for each of 5/,
    );
  });
});

describe('packedValues', () => {
  it('reads a view as it looks, and copies only what has gaps', () => {
    const { images } = numbered(3);
    assert.equal(packedValues(images).buffer, images.data.buffer);
    assert.deepEqual([...packedValues(images.lo(1).hi(1))], new Array(12).fill(1));
    const planes = ndarray(Uint8Array.from([1, 2, 3, 4, 5, 6]), [1, 3, 1, 2]).transpose(0, 2, 3, 1);
    assert.deepEqual([...packedValues(planes)], [1, 3, 5, 2, 4, 6]);
  });
});
