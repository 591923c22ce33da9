// Features of a frozen base: the same numbers as the whole model's, kept by content, and trained on by fit.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  adam,
  evaluate,
  extractFeatures,
  fit,
  freeze,
  loadEmoji10,
  predict,
  preprocess,
  resnetV1,
  type Split,
  selectImages,
  setRandomSeed,
  sgd,
  splitModel,
  takeImages,
  tf,
  transferGap,
  useBackend,
  withoutTop,
} from 'resnet-lab';
import { architecture } from 'resnet-lab/dist/training/run';
import { temporaryFolder } from '../helpers/folder';

let images: Split;
const kept = (cacheDir: string) =>
  existsSync(join(cacheDir, 'features')) ? readdirSync(join(cacheDir, 'features')) : [];

function build() {
  setRandomSeed(1);
  const base = withoutTop(resnetV1([32, 32, 3], 8));
  const model = transferGap(base, 10);
  freeze(base);
  const cut = base.layers[base.layers.length - 1].name;
  return { model, ...splitModel(model, cut) };
}

before(async () => {
  await useBackend();
  images = takeImages((await loadEmoji10()).train, 1100);
});

describe('features of a base', () => {
  it("are what the base gives, with the model's preprocessing, and the head makes of them what the model makes of images", async () => {
    const { model, base, head } = build();
    await fit(model, takeImages(images, 64), { preprocess: preprocess.pixelMean(images), optimizer: sgd(0.1) });
    const again = splitModel(model, base.layers[base.layers.length - 1].name);
    const features = await extractFeatures(again.base, images, { cacheDir: temporaryFolder() });
    assert.deepEqual(features.features.shape, [1100, 8, 8, 64]);
    const [whole, parts] = [await predict(model, images.images), await predict(head, features.features)];
    for (const [i, probability] of whole.data.entries()) assert.ok(Math.abs(parts.data[i] - probability) < 1e-5);
    assert.equal((await evaluate(head, features)).accuracy, (await evaluate(model, images)).accuracy);
  });

  it('are kept by content: the same images again, in part, and for a base of the same weights', async () => {
    const cacheDir = temporaryFolder();
    const { base } = build();
    const first = await extractFeatures(base, images, { cacheDir });
    const files = kept(cacheDir);
    assert.equal(files.length, 2); // of 1,000 and 100 images
    let computed = 0;
    const other = build().base;
    const { predictOnBatch } = other;
    other.predictOnBatch = (x) => {
      computed += 1;
      return predictOnBatch.call(other, x);
    };
    const second = await extractFeatures(other, images, { cacheDir });
    assert.deepEqual(second.features.data, first.features.data);
    const part = await extractFeatures(other, takeImages(images, 1000), { cacheDir });
    assert.deepEqual(part.features.data, first.features.data.subarray(0, 1000 * 8 * 8 * 64));
    assert.equal(computed, 0);
    assert.deepEqual(kept(cacheDir), files);
  });

  it('are computed anew after any change of weights, preprocessing or images, and where the file is damaged', async () => {
    const cacheDir = temporaryFolder();
    const few = takeImages(images, 10);
    const extract = (base: tf.LayersModel, split: Split) => extractFeatures(base, split, { cacheDir });
    const { base } = build();
    const first = await extract(base, few);
    const [file] = kept(cacheDir);
    truncateSync(join(cacheDir, 'features', file), 1000);
    assert.deepEqual((await extract(base, few)).features.data, first.features.data);
    writeFileSync(join(cacheDir, 'features', file), '');
    assert.deepEqual((await extract(base, few)).features.data, first.features.data);
    await extract(base, selectImages(few, [1, 0, 2, 3, 4, 5, 6, 7, 8, 9]));
    assert.equal(kept(cacheDir).length, 2);
    base.setUserDefinedMetadata({ preprocess: preprocess.caffe() });
    assert.notDeepEqual((await extract(base, few)).features.data, first.features.data);
    assert.equal(kept(cacheDir).length, 3);
    base.layers[1].setWeights(base.layers[1].getWeights().map((weight) => tf.add(weight, 1e-3)));
    await extract(base, few);
    assert.equal(kept(cacheDir).length, 4);
  });

  it('go on after an interruption, and are had where nothing can be kept', async () => {
    const cacheDir = temporaryFolder();
    const { base } = build();
    const controller = new AbortController();
    const stopped = extractFeatures(base, images, {
      cacheDir,
      signal: controller.signal,
      onProgress: (done) => done === 1000 && controller.abort(new Error('enough')),
    });
    await assert.rejects(stopped, /enough/);
    assert.equal(kept(cacheDir).length, 1);
    const progress: number[] = [];
    await extractFeatures(base, images, { cacheDir, onProgress: (done, total) => progress.push(done / total) });
    assert.deepEqual(progress, [1000 / 1100, 1]);
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const features = await extractFeatures(base, takeImages(images, 3), { cacheDir: file });
    assert.equal(features.features.shape[0], 3);
  });
});

describe('what a model is described by', () => {
  it('is the same before and after its first use, and when other models share its layers', () => {
    const sequential = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [2, 2, 1] }), tf.layers.dense({ units: 3, activation: 'softmax' })],
    });
    const { model } = build();
    const before = [sequential, model].map((each) => architecture(each));
    assert.match(before[0], /\[\[0\]\]\]\]$/); // with its connections
    sequential.predict(tf.ones([1, 2, 2, 1]));
    splitModel(model, model.layers[model.layers.length - 4].name);
    assert.deepEqual(
      [sequential, model].map((each) => architecture(each)),
      before,
    );
  });
});

describe('fit on features', () => {
  it('trains the head of the whole model, as fit of the whole model with its base frozen does', async () => {
    const few = takeImages(images, 320);
    const [whole, parts] = [build(), build()];
    const features = await extractFeatures(parts.base, few, { cacheDir: temporaryFolder() });
    // Dropout draws from a sequence of seeds, one a step: the same for both.
    const options = { epochs: 2, seed: 3, validation: 0.2 };
    setRandomSeed(5);
    const expected = await fit(whole.model, few, { ...options, optimizer: adam(0.01) });
    setRandomSeed(5);
    const received = await fit(parts.head, features, { ...options, optimizer: adam(0.01) });
    for (const [name, values] of Object.entries(expected.history)) {
      for (const [i, value] of values.entries()) assert.ok(Math.abs(received.history[name][i] - value) < 1e-3, name);
    }
    const accuracy = (model: tf.LayersModel) => evaluate(model, few).then((evaluation) => evaluation.accuracy);
    assert.ok(Math.abs((await accuracy(parts.model)) - (await accuracy(whole.model))) < 0.005);
  });

  it('refuses what acts on images', async () => {
    const { base, head } = build();
    const features = await extractFeatures(base, takeImages(images, 10), { cacheDir: temporaryFolder() });
    await assert.rejects(
      fit(head, features, { augment: true }),
      /RangeError: Features are .*augment has nothing to act on/,
    );
    await assert.rejects(fit(head, features, { preprocess: preprocess.caffe() }), /RangeError: .*preprocess 'caffe'/);
    await assert.rejects(
      fit(head, images),
      /RangeError: The model takes images of shape \[8,8,64\], received \[32,32,3\]/,
    );
  });
});
