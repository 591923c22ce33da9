// Real Keras in the loop: what it writes gives its outputs here, what is written here gives the same outputs there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  loadKerasWeights,
  loadPretrained,
  resnetV1,
  saveKerasWeights,
  tf,
  transferDense,
  transferFc2,
  transferGap,
  useBackend,
  vgg16,
  withoutTop,
} from 'resnet-lab';
import { temporaryFolder } from '../helpers/folder';
import { kerasPython } from '../helpers/keras';

const SCRIPT = join(__dirname, '..', 'keras', 'loop.py');
const FULL = 'vgg16_weights_tf_dim_ordering_tf_kernels.h5';
const TOLERANCE = 1e-5;
const IMAGE: [number, number, number] = [32, 32, 3];
const drawn = { weights: null, inputShape: IMAGE };

/** The models of loop.py. */
const MODELS: Record<string, () => Promise<tf.LayersModel>> = {
  resnet20: async () => resnetV1(IMAGE, 20),
  vgg16: () => vgg16(drawn),
  gap: async () => transferGap(await vgg16(drawn), 10),
  dense: async () => transferDense(withoutTop(resnetV1(IMAGE, 8)), 10),
  fc2: async () => transferFc2(await vgg16({ ...drawn, includeTop: true, classes: 7 }), 10),
  nested: async () => tf.sequential({ layers: [await vgg16(drawn), tf.layers.flatten(), softmax()] }),
};
const softmax = () => tf.layers.dense({ units: 10, activation: 'softmax' });

const [fromKeras, toKeras] = [temporaryFolder(), temporaryFolder()];
const keras = (command: string, folder: string) =>
  execFileSync(kerasPython(), [SCRIPT, command, folder], { encoding: 'utf8', maxBuffer: 2 ** 26 });
const floats = (file: string) => new Float32Array(Uint8Array.from(readFileSync(file)).buffer);

function outputsFor(model: tf.LayersModel, name: string): Float32Array {
  const [, ...shape] = model.inputs[0].shape as number[];
  const inputs = floats(join(fromKeras, `${name}.inputs.bin`));
  return tf.tidy(() => (model.predict(tf.tensor(inputs, [3, ...shape])) as tf.Tensor).dataSync<'float32'>());
}

function worst(received: Float32Array, name: string): number {
  const expected = floats(join(fromKeras, `${name}.outputs.bin`));
  assert.equal(received.length, expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(received[i] - value) / (1 + Math.abs(value))));
}

before(async () => {
  await useBackend();
  keras('write', fromKeras);
});

after(() => {
  for (const setting of ['VGG16_URL', 'VGG16_SHA256']) delete process.env[setting];
});

describe('what Keras writes', () => {
  for (const [name, build] of Object.entries(MODELS)) {
    for (const form of ['weights.h5', 'h5', 'legacy.h5']) {
      it(`gives its outputs: ${name}.${form}`, async () => {
        const model = await build();
        await loadKerasWeights(model, join(fromKeras, `${name}.${form}`));
        const error = worst(outputsFor(model, name), name);
        assert.ok(error <= TOLERANCE, `${error}`);
        model.dispose();
      });
    }
  }

  it('gives its outputs as the full VGG16 of 553 MB, fetched under its official name', async () => {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(fromKeras, FULL)), hash);
    process.env.VGG16_URL = pathToFileURL(fromKeras).href;
    process.env.VGG16_SHA256 = hash.digest('hex');
    const model = await vgg16({ includeTop: true, cacheDir: toKeras });
    assert.equal(model.countParams(), 138_357_544);
    const error = worst(outputsFor(model, 'full'), 'full');
    assert.ok(error <= TOLERANCE, `${error}`);
    model.dispose();
  });
});

describe('what is written here', () => {
  it('gives the same outputs in Keras: the weights that this repository carries', async () => {
    const error = worst(outputsFor(await loadPretrained(), 'pretrained'), 'pretrained');
    assert.ok(error <= TOLERANCE, `${error}`);
  });

  it('gives the same outputs in Keras', async () => {
    for (const [name, build] of Object.entries(MODELS)) {
      const model = await build();
      await loadKerasWeights(model, join(fromKeras, `${name}.weights.h5`));
      for (const layer of model.layers) layer.setWeights(layer.getWeights().map((weight) => weight.mul(0.9))); // others
      for (const form of ['weights.h5', 'h5']) await saveKerasWeights(model, join(toKeras, `${name}.${form}`));
      writeFileSync(join(toKeras, `${name}.outputs.bin`), outputsFor(model, name));
      model.dispose();
    }
    const errors: Record<string, number> = JSON.parse(keras('check', toKeras).trim().split('\n').at(-1) as string);
    console.log(errors);
    assert.equal(Object.keys(errors).length, 2 * Object.keys(MODELS).length);
    for (const [name, error] of Object.entries(errors)) assert.ok(error <= TOLERANCE, `${name}: ${error}`);
  });
});
