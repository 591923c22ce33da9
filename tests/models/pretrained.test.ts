// The weights that this repository carries (real Keras reads them too: keras-loop.slow.ts).
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  adam,
  DataError,
  evaluate,
  extractFeatures,
  fit,
  freeze,
  loadEmoji10,
  loadPretrained,
  type PretrainedName,
  resnetV1,
  setRandomSeed,
  splitModel,
  takeImages,
  tf,
  transferGap,
  useBackend,
  withoutTop,
} from 'resnet-lab';
import { checkEmbedded } from 'resnet-lab/dist/files/embedded';
import { storedPreprocess } from 'resnet-lab/dist/models/metadata';
import { temporaryFolder } from '../helpers/folder';

const FILE = join('data', 'pretrained', 'resnet20.weights.h5');

before(() => useBackend());

describe('loadPretrained', () => {
  for (const [name, parameters] of [
    ['resnet20', 274_442],
    ['resnet8', 78_666],
  ] as const) {
    it(`has a ${name} that knows CIFAR-10's classes, and its preprocessing`, async () => {
      const model = await loadPretrained(name);
      assert.equal(model.countParams(), parameters);
      assert.equal(storedPreprocess(model)?.kind, 'pixelMean');
      // It has seen photographs only; Emoji-10 has the same ten classes, of which guessing finds a tenth.
      const { accuracy } = await evaluate(model, (await loadEmoji10()).test);
      console.log(`${name} of CIFAR-10 on the test images of Emoji-10: ${accuracy}`);
      assert.ok(accuracy > 0.2);
    });

    it(`has the same ${name} in TensorFlow.js's own form, which stock TensorFlow.js loads`, async () => {
      const folder = join('data', 'pretrained', name);
      const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
      const [{ paths, weights: weightSpecs }] = weightsManifest;
      const bytes = Buffer.concat(paths.map((path: string) => readFileSync(join(folder, path))));
      const weightData = new Uint8Array(bytes).buffer;
      const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
      const expected = (await loadPretrained(name)).getWeights();
      const found = model.getWeights();
      assert.equal(found.length, expected.length);
      for (const [i, weight] of found.entries()) assert.deepEqual(weight.dataSync(), expected[i].dataSync());
    });
  }

  it('is a backbone for other images: its frozen features tell more than those of a network that has seen nothing', async () => {
    const { train, test } = await loadEmoji10();
    const accuracyOn = async (whole: tf.LayersModel) => {
      setRandomSeed(1);
      const base = withoutTop(whole);
      freeze(base);
      const model = transferGap(base, 10);
      const { base: body, head } = splitModel(model, base.layers[base.layers.length - 1].name);
      const features = await extractFeatures(body, takeImages(train, 1000), { cacheDir: temporaryFolder() });
      await fit(head, features, { epochs: 30, optimizer: adam(0.01), seed: 1 });
      return (await evaluate(model, takeImages(test, 500))).accuracy;
    };
    const [trained, drawn] = [await accuracyOn(await loadPretrained()), await accuracyOn(resnetV1([32, 32, 3], 20))];
    console.log(`head on frozen features: ${trained} of CIFAR-10's ResNet-20, ${drawn} of random weights`);
    assert.ok(trained > drawn + 0.1);
  });

  it('has no other names', async () => {
    await assert.rejects(
      () => loadPretrained('resnet7' as PretrainedName),
      /RangeError: .*resnet20, resnet8, received 'resnet7'/,
    );
  });
});

describe('embedded files', () => {
  it('are checked: a changed or missing one is told, with the way back', async () => {
    const copy = join(temporaryFolder(), 'copy.h5');
    copyFileSync(FILE, copy);
    const bytes = readFileSync(copy);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(copy, bytes);
    const hash = 'a'.repeat(64);
    await assert.rejects(
      () => checkEmbedded(copy, hash),
      (error) => {
        return (
          error instanceof DataError &&
          /has the SHA-256 .* instead of a+\. Restore it with git checkout -- /.test(error.message)
        );
      },
    );
    await assert.rejects(() => checkEmbedded(`${copy}.none`, hash), /can't be read .*Restore it/);
  });
});
