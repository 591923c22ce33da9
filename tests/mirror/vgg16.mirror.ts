// VGG16's genuine ImageNet weights from the stand-in download server in ../shared/mirror: fetched, compared with real Keras, taught with.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { extractFeatures, loadCifar10, takeImages, useBackend, vgg16 } from 'resnet-lab';
import { cacheFolder } from 'resnet-lab/dist/paths';
import { temporaryFolder } from '../helpers/folder';
import { kerasPython } from '../helpers/keras';
import { MIRROR_ADDRESS, mirrorFile, mirrorHash, npm, serveMirror } from '../helpers/mirror';

const WEIGHTS = 'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5';
const ARCHIVE = 'cifar-10-binary.tar.gz';
const COUNT = 100;
const cacheDir = temporaryFolder();

serveMirror();
before(async () => {
  process.env.VGG16_URL = MIRROR_ADDRESS;
  process.env.VGG16_SHA256 = mirrorHash(WEIGHTS);
  process.env.CIFAR10_URL = `${process.env.VGG16_URL}/${ARCHIVE}`;
  process.env.CIFAR10_SHA256 = mirrorHash(ARCHIVE);
  await useBackend();
});

describe('the genuine weights', () => {
  it("are fetched once, and make real Keras's features of photographs", async () => {
    const base = await vgg16({ inputShape: [32, 32, 3], cacheDir });
    assert.deepEqual(readdirSync(cacheDir), [`vgg16-${process.env.VGG16_SHA256}.h5`]);
    const again = await vgg16({ cacheDir, inputShape: [32, 32, 3] }); // the cached file: none is put beside it
    assert.equal(readdirSync(cacheDir).length, 1);
    again.dispose();
    const images = takeImages((await loadCifar10({ cacheDir })).test, COUNT);
    const { features } = await extractFeatures(base, images, { cacheDir });
    const file = join(cacheDir, 'features.bin');
    const script = join('tests', 'keras', 'vgg16_features.py');
    execFileSync(kerasPython(), [script, mirrorFile(ARCHIVE), mirrorFile(WEIGHTS), String(COUNT), file]);
    const expected = new Float32Array(Uint8Array.from(readFileSync(file)).buffer);
    assert.equal(features.data.length, expected.length);
    const largest = Math.max(...expected);
    const error = Math.max(...expected.map((value, i) => Math.abs(features.data[i] - value)));
    console.log(`largest feature ${largest.toFixed(1)}, largest difference ${error.toExponential(1)}`);
    assert.ok(largest > 50 && error <= 1e-5 * largest);
  });

  it('carry lesson 06, from its first cell to its last', () => {
    process.env.RESNET_DATA = 'emoji10';
    const fetched = join(cacheFolder(), `vgg16-${process.env.VGG16_SHA256}.h5`);
    rmSync(fetched, { force: true });
    assert.match(npm('notebooks', '--', 'notebooks/06-vgg16-transfer.ipynb'), /1 passed, 0 failed/);
    assert.ok(existsSync(fetched), 'the lesson has fetched them');
  });
});
