import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ndarray from 'ndarray';
import { preprocess } from 'resnet-lab';
import { applyPreprocess } from 'resnet-lab/dist/data/preprocess';
import { assertClose } from '../helpers/close';

const split = {
  images: ndarray(Uint8Array.from([0, 255, 51, 102, 255, 0, 51, 204]), [2, 2, 2, 1]),
  labels: Uint8Array.from([0, 1]),
};

describe('preprocess', () => {
  it('scales bytes to 0 … 1', () => {
    const pixels = Float32Array.from([0, 51, 255]);
    applyPreprocess(preprocess.scale(), pixels, [1, 1, 3]);
    assert.deepEqual(
      [...pixels],
      [0, 51, 255].map((v) => Math.fround(v / 255)),
    );
  });

  it('subtracts the mean image of the split', () => {
    const description = preprocess.pixelMean(split);
    assert.ok(description.kind === 'pixelMean');
    assert.deepEqual(description.shape, [2, 2, 1]);
    assertClose(description.mean, [0.5, 0.5, 0.2, 0.6], 1e-7);
    const pixels = Float32Array.from([255, 0, 51, 204]);
    applyPreprocess(description, pixels, [2, 2, 1]);
    assertClose(pixels, [0.5, -0.5, 0, 0.2], 1e-6);
  });

  it("is Keras's preprocess_input of VGG16", () => {
    // keras.applications.vgg16.preprocess_input([[[[10., 20., 30.]]]]) is [[[[-73.939, -96.779, -113.68]]]]
    const pixels = Float32Array.from([10, 20, 30]);
    applyPreprocess(preprocess.caffe(), pixels, [1, 1, 3]);
    assertClose(pixels, [-73.939, -96.779, -113.68], 1e-4);
  });

  it('survives JSON', () => {
    for (const description of [preprocess.scale(), preprocess.pixelMean(split), preprocess.caffe()]) {
      assert.deepEqual(JSON.parse(JSON.stringify(description)), description);
    }
  });

  it('refuses images that it was not made for', () => {
    assert.throws(
      () => applyPreprocess(preprocess.pixelMean(split), new Float32Array(12), [2, 2, 3]),
      /RangeError.*\[2,2,1\].*\[2,2,3\]/,
    );
    assert.throws(
      () => applyPreprocess({ kind: 'other' } as never, new Float32Array(1), [1, 1, 1]),
      /RangeError.*other/,
    );
  });
});
