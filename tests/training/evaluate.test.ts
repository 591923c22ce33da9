import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import ndarray from 'ndarray';
import { evaluate, predict, type Split, tf, useBackend } from 'resnet-lab';
import { assertClose } from '../helpers/close';

before(() => useBackend('cpu'));

/** A model whose probabilities are the image's own pixels: [255a, 255b, 255c] gives [a, b, c]. */
function echoModel(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.flatten({ inputShape: [1, 1, 3] })] });
}

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

/** What scikit-learn measured (tests/keras/make_training_vectors.py). */
const vectors = JSON.parse(readFileSync(join(__dirname, '..', 'keras', 'vectors', 'evaluation.json'), 'utf8'));

/** A model that gives the vectors' probabilities: image i has its only bright pixel in channel i. */
function vectorModel(): { model: tf.LayersModel; split: Split } {
  const count = vectors.labels.length;
  const images = ndarray(new Uint8Array(count * count), [count, 1, 1, count]);
  for (let i = 0; i < count; i++) images.set(i, 0, 0, i, 255);
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [1, 1, count] }),
      tf.layers.dense({ units: 10, useBias: false, weights: [tf.tensor2d(vectors.probabilities, [count, 10])] }),
    ],
  });
  return { model, split: { images, labels: Uint8Array.from(vectors.labels) } };
}

describe('evaluate', () => {
  it("equals scikit-learn's numbers", async () => {
    const { model, split } = vectorModel();
    const result = await evaluate(model, split);
    for (const name of ['loss', 'confidence'] as const) assertClose([result[name]], [vectors[name]], 1e-6, name);
    for (const name of ['accuracy', 'top3'] as const) assertClose([result[name]], [vectors[name]], 1e-12, name);
    assert.deepEqual(result.confusion, vectors.confusion);
    for (const name of ['precision', 'recall', 'f1', 'support'] as const) {
      assertClose(
        result.perClass.map((report) => report[name]),
        vectors[name],
        1e-12,
        name,
      );
    }
    assert.deepEqual(
      result.mistakes.map(({ index }) => index),
      vectors.worst,
    );
  });

  it('stops when its signal says so', async () => {
    const { model, split } = vectorModel();
    const controller = new AbortController();
    const evaluation = evaluate(model, split, { signal: controller.signal });
    controller.abort();
    await assert.rejects(evaluation, { name: 'AbortError' });
    await assert.rejects(predict(model, split.images, { signal: AbortSignal.abort(new Error('enough')) }), /enough/);
  });

  it('counts a model that has diverged as wrong, without losing count', async () => {
    const model = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [1, 1, 3] }), tf.layers.dense({ units: 3 })],
    });
    model.setWeights([tf.fill([3, 3], Number.NaN), tf.zeros([3])]);
    const { confusion, loss, top3, mistakes } = await evaluate(model, split);
    assert.ok(Number.isNaN(loss));
    assert.equal(top3, 0);
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
