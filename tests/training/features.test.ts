import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import ndarray from 'ndarray';
import { featureMaps, gradCam, resnetV1, tf, useBackend } from 'resnet-lab';
import { assertClose } from '../helpers/close';
import { formula, readCase, readJson, setWeights } from '../helpers/vectors';

/** What Keras gave (tests/keras/make_features_vectors.py). */
const vectors = readJson<
  Record<'classes' | 'answers' | 'channelMeans' | 'ofAnswers' | 'ofClasses' | 'inTheMiddle', number[]> &
    Record<'lastLayer' | 'middleLayer', number>
>('features');

const pixels = Uint8Array.from(formula(3001, 4 * 32 * 32 * 3), (v) => Math.floor((v * 0.5 + 0.5) * 256));
const images = ndarray(pixels, [4, 32, 32, 3]);

for (const backend of ['cpu', 'simd'] as const) {
  describe(`on ${backend}`, () => {
    let model: tf.LayersModel;
    before(async () => {
      await useBackend(backend);
      model = resnetV1([32, 32, 3], 8);
      setWeights(model, readCase('resnet8'));
    });

    it("featureMaps gives Keras's maps", () => {
      const maps = featureMaps(model, images, model.layers[vectors.middleLayer].name);
      assert.deepEqual(maps.shape, [4, 16, 16, 32]);
      const means = tf.tidy(() => tf.mean(tf.tensor4d(maps.data, [4, 16, 16, 32]), [1, 2]).dataSync());
      assertClose(means, vectors.channelMeans, 1e-5, 'means of the channels');
    });

    it("gradCam gives Keras's maps, of the answers and of other classes, and leaves the model as it was", () => {
      const before = (model.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor).dataSync();
      const heat = gradCam(model, images);
      assert.deepEqual(heat.shape, [4, 8, 8]);
      assertClose(heat.data, vectors.ofAnswers, 1e-4, 'of the answers');
      assertClose(gradCam(model, images, { classes: vectors.answers }).data, vectors.ofAnswers, 1e-4, 'of the same');
      assertClose(gradCam(model, images, { classes: vectors.classes }).data, vectors.ofClasses, 1e-4, 'of classes');
      const layerName = model.layers[vectors.middleLayer].name;
      const middle = gradCam(model, images, { classes: vectors.classes, layerName });
      assert.deepEqual(middle.shape, [4, 16, 16]);
      assertClose(middle.data, vectors.inTheMiddle, 1e-4, 'in the middle');
      assert.deepEqual((model.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor).dataSync(), before);
    });

    it('gradCam takes a softmax layer for the activation that it is, and more images than a batch', () => {
      const { output } = model.layers[model.layers.length - 2];
      const head = tf.layers.dense({ units: 10 });
      const outputs = tf.layers.softmax().apply(head.apply(output)) as tf.SymbolicTensor;
      const split = tf.model({ inputs: model.inputs, outputs });
      head.setWeights(model.layers[model.layers.length - 1].getWeights());
      assertClose(gradCam(split, images).data, vectors.ofAnswers, 1e-4);
      const many = ndarray(new Uint8Array(70 * 3072), [70, 32, 32, 3]);
      for (let i = 0; i < 70; i++) many.data.set(pixels.subarray((i % 4) * 3072, (i % 4) * 3072 + 3072), i * 3072);
      const heat = gradCam(model, many);
      assertClose(heat.data.subarray(68 * 64), vectors.ofAnswers.slice(0, 128), 1e-4);
    });

    it('keeps no tensors', () => {
      const { numTensors } = tf.memory();
      gradCam(model, images);
      featureMaps(model, images, model.layers[1].name);
      assert.equal(tf.memory().numTensors, numTensors);
    });
  });
}

describe('what does not fit', () => {
  const model = resnetV1([32, 32, 3], 8);
  const dense = model.layers[model.layers.length - 1].name;

  it('is refused with what was received', () => {
    assert.throws(() => featureMaps(model, images, 'conv'), /RangeError: The layer .*\(.*conv2d.*received 'conv'\./);
    assert.throws(() => featureMaps(model, images, dense), /received 'dense_\w+' of shape \[,10\]/);
    assert.throws(() => gradCam(model, images.hi(4, 16, 16, 3)), /RangeError: The model takes .*received \[16,16,3\]/);
    assert.throws(() => gradCam(model, images, { classes: [1] }), /each of 4 images, received 1 classes/);
    assert.throws(() => gradCam(model, images, { classes: [1, 2, 3, 10] }), /from 0 to 9 .*received 10/);
    assert.throws(() => gradCam(model, images.lo(4)), /at least one image, received none/);
    assert.throws(() => gradCam(model, images, { layerName: model.layers[0].name }), /RangeError: The layer/);
    const flat = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [32, 32, 3] }), tf.layers.dense({ units: 2 })],
    });
    assert.throws(() => gradCam(flat, images, { layerName: 'x' }), /RangeError/);
  });
});
