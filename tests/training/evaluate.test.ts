import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import ndarray from 'ndarray';
import { evaluate, predict, tf, useBackend } from 'resnet-lab';

before(() => useBackend('cpu'));

/** A model whose probabilities are the image's own pixels: [255a, 255b, 255c] gives [a, b, c]. */
function echoModel(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.flatten({ inputShape: [1, 1, 3] })] });
}

// Six images; the values below were computed by scikit-learn 1.9.1 (log_loss, confusion_matrix, precision_score and
// recall_score with zero_division=0) from labels [0,0,1,1,2,2] and these rows divided by 255.
const PROBABILITIES = [
  [204, 26, 25],
  [51, 179, 25],
  [26, 204, 25],
  [100, 90, 65],
  [25, 229, 1],
  [153, 51, 51],
];
const split = {
  images: ndarray(Uint8Array.from(PROBABILITIES.flat()), [6, 1, 1, 3]),
  labels: Uint8Array.from([0, 0, 1, 1, 2, 2]),
};

describe('evaluate', () => {
  it("equals scikit-learn's numbers", async () => {
    const result = await evaluate(echoModel(), split);
    assert.ok(Math.abs(result.loss - 1.70798006) < 1e-5, `${result.loss}`);
    assert.ok(Math.abs(result.accuracy - 2 / 6) < 1e-12);
    assert.deepEqual(result.confusion, [
      [1, 1, 0],
      [1, 1, 0],
      [1, 1, 0],
    ]);
    const third = 1 / 3;
    assert.deepEqual(result.perClass, [
      { precision: third, recall: 0.5, support: 2 },
      { precision: third, recall: 0.5, support: 2 },
      { precision: 0, recall: 0, support: 2 },
    ]);
  });

  it('counts a model that has diverged as wrong, without losing count', async () => {
    const model = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [1, 1, 3] }), tf.layers.dense({ units: 3 })],
    });
    model.setWeights([tf.fill([3, 3], Number.NaN), tf.zeros([3])]);
    const { confusion, loss, mistakes } = await evaluate(model, split);
    assert.ok(Number.isNaN(loss));
    assert.equal(
      confusion.flat().reduce((sum, count) => sum + count),
      6,
    );
    assert.ok(mistakes.every(({ predicted }) => predicted >= 0 && predicted < 3));
  });

  it('lists the mistakes, the most confident first', async () => {
    const { mistakes } = await evaluate(echoModel(), split);
    assert.deepEqual(
      mistakes.map(({ index, label, predicted }) => [index, label, predicted]),
      [
        [4, 2, 1],
        [1, 0, 1],
        [5, 2, 0],
        [3, 1, 0],
      ],
    );
    assert.ok(Math.abs(mistakes[0].confidence - 229 / 255) < 1e-6);
  });
});

describe('predict', () => {
  it('gives a row for each image, over any number of batches', async () => {
    const count = 300;
    const images = ndarray(
      Uint8Array.from({ length: count * 3 }, (_, i) => i % 256),
      [count, 1, 1, 3],
    );
    const probabilities = await predict(echoModel(), images);
    assert.deepEqual(probabilities.shape, [count, 3]);
    for (let i = 0; i < count * 3; i++) assert.ok(Math.abs(probabilities.data[i] - (i % 256) / 255) < 1e-6);
  });

  it('refuses images of another shape', () =>
    assert.rejects(
      predict(echoModel(), ndarray(new Uint8Array(8), [2, 2, 2, 1])),
      /RangeError.*\[1,1,3\], received \[2,2,1\]/,
    ));
});
