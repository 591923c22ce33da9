// VGG16 against real Keras 3 (tests/keras/make_vgg16_vectors.py), and its weights from places that fail.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { preprocess, saveKerasWeights, tf, useBackend, vgg16 } from 'resnet-lab';
import { applyPreprocess } from 'resnet-lab/dist/data/preprocess';
import { buildVgg16, checkVgg16, type Vgg16Architecture } from 'resnet-lab/dist/models/vgg16/architecture';
import { temporaryFolder } from '../helpers/folder';
import { formula, type KerasCase, readJson, setWeights } from '../helpers/vectors';

interface Architecture {
  layers: {
    name: string;
    class: string;
    outputShape: (number | null)[];
    weights: { name: string; shape: number[] }[];
  }[];
  parameters: number;
}

interface Vectors {
  noTop: Architecture;
  noTopFixed: Architecture;
  top: Architecture;
  fullParameters: number;
  outputs: Record<string, { shape: number[]; largest: number; places: number[]; values: number[] }>;
  refusals: (Vgg16Architecture & {
    weights: string | null;
    inputShape: Vgg16Architecture['inputShape'] | null;
    builds: boolean;
  })[];
  preprocessing: { pixels: number[]; values: number[] };
}

const NO_TOP = 'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5';
const keras = readJson<Vectors>('vgg16');

const describeModel = (model: tf.LayersModel): Architecture => ({
  layers: model.layers.map((layer) => ({
    name: layer.name,
    class: layer.getClassName(),
    outputShape: layer.outputShape as (number | null)[],
    weights: layer.weights.map(({ originalName, shape }) => ({
      name: originalName.split('/').at(-1) as string,
      shape: shape as number[],
    })),
  })),
  parameters: model.countParams(),
});

/** The input layer has another name in every run, in Keras too. */
const named = ({ layers, parameters }: Architecture) => ({
  layers: layers.map((layer) => (layer.class === 'InputLayer' ? { ...layer, name: '' } : layer)),
  parameters,
});

describe('vgg16 against Keras', () => {
  before(() => useBackend());

  it('has the same layers, names, shapes and parameters', () => {
    const cases: [Vgg16Architecture, Architecture][] = [
      [{}, keras.noTop],
      [{ inputShape: [32, 48, 3] }, keras.noTopFixed],
      [{ includeTop: true, classes: 7 }, keras.top],
    ];
    for (const [architecture, expected] of cases) {
      const model = buildVgg16(architecture, true);
      assert.deepEqual(named(describeModel(model)), named(expected));
      model.dispose();
    }
    const full = buildVgg16({ includeTop: true }, true);
    assert.equal(full.countParams(), keras.fullParameters);
    full.dispose();
  });

  it('computes the same after every block, to 1e-4 of the largest', async () => {
    const model = await vgg16({ weights: null, inputShape: [32, 48, 3] });
    setWeights(model, { layers: keras.noTopFixed.layers } as unknown as KerasCase);
    const blocks = tf.model({
      inputs: model.inputs,
      outputs: Object.keys(keras.outputs).map((name) => model.getLayer(name).output as tf.SymbolicTensor),
    });
    const x = tf.tensor(formula(1001, 32 * 48 * 3), [1, 32, 48, 3]).mul(128);
    for (const [i, output] of (blocks.predict(x) as tf.Tensor[]).entries()) {
      const [name, { shape, largest, places, values }] = Object.entries(keras.outputs)[i];
      assert.deepEqual(output.shape, shape);
      const received = output.dataSync();
      for (const [j, place] of places.entries()) {
        assert.ok(Math.abs(received[place] - values[j]) <= 1e-4 * largest, `${name}: ${received[place]}, ${values[j]}`);
      }
    }
  });

  it('builds and refuses what Keras builds and refuses', () => {
    assert.equal(new Set(keras.refusals.map(({ builds }) => builds)).size, 2);
    for (const { builds, weights, inputShape, ...rest } of keras.refusals) {
      const architecture = { ...rest, ...(inputShape ? { inputShape } : {}) };
      const check = () => checkVgg16(architecture, weights === 'imagenet');
      const what = JSON.stringify({ weights, ...architecture });
      if (builds) assert.doesNotThrow(check, what);
      else assert.throws(check, /^RangeError: .*received .*[^ ]\.$/, what);
    }
  });

  it('prepares images as preprocess_input does', () => {
    const { pixels, values } = keras.preprocessing;
    const received = Float32Array.from(pixels);
    applyPreprocess(preprocess.caffe(), received, [1, 2, 3]);
    for (const [i, value] of values.entries())
      assert.ok(Math.abs(received[i] - value) < 1e-3, `${received[i]}, ${value}`);
  });
});

describe('vgg16 with weights', () => {
  const kept = { ...process.env };
  afterEach(() => {
    for (const name of ['VGG16_URL', 'VGG16_SHA256']) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
  });

  /** A folder that holds a file of the official name; the weights are not the official ones. */
  async function mirror(): Promise<{ folder: string; file: string; sha256: string; weights: Float32Array[] }> {
    await useBackend();
    const folder = temporaryFolder();
    const file = join(folder, NO_TOP);
    const model = await vgg16({ weights: null, inputShape: [32, 32, 3] });
    await saveKerasWeights(model, file);
    const weights = model.getWeights().map((weight) => weight.dataSync() as Float32Array);
    model.dispose();
    return { folder, file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex'), weights };
  }

  it('takes them from a folder, checks their hash, keeps them, and knows its preprocessing', async () => {
    const { folder, sha256, weights } = await mirror();
    const cacheDir = join(temporaryFolder(), 'cache');
    process.env.VGG16_URL = pathToFileURL(folder).href;
    process.env.VGG16_SHA256 = sha256;
    const model = await vgg16({ inputShape: [32, 32, 3], cacheDir });
    for (const [i, weight] of model.getWeights().entries()) assert.deepEqual(weight.dataSync(), weights[i]);
    assert.deepEqual(readdirSync(cacheDir), [`vgg16-${sha256}.h5`]);

    const metadata = model.getUserDefinedMetadata() as { preprocess: unknown };
    assert.deepEqual(metadata.preprocess, preprocess.caffe());
    model.dispose();

    process.env.VGG16_URL = 'http://127.0.0.1:9/none'; // from the cache now
    const again = await vgg16({ inputShape: [64, 64, 3], cacheDir });
    assert.deepEqual(again.getWeights()[0].dataSync(), weights[0]);
    again.dispose();

    writeFileSync(join(cacheDir, `vgg16-${sha256}.h5`), 'damaged');
    await assert.rejects(
      vgg16({ cacheDir }),
      /DataError: The ImageNet weights of VGG16 from http.* could not be used: it could not be fetched/,
    );
  });

  it('takes them from a file of yours', async () => {
    const { file, weights } = await mirror();
    const model = await vgg16({ weights: file });
    assert.deepEqual(model.getWeights()[0].dataSync(), weights[0]);
    model.dispose();
    const { numTensors } = tf.memory();
    await assert.rejects(
      vgg16({ weights: file, includeTop: true, classes: 3 }),
      /DataError: .*layer 14 with weights is missing instead of fc1/,
    );
    await assert.rejects(vgg16({ weights: join(file, 'x') }), /DataError: The weights in .* can't be used/);
    assert.equal(tf.memory().numTensors, numTensors);
  });

  it('refuses what is not the official file, by its size, before anything is kept', async () => {
    const { folder } = await mirror();
    const cacheDir = join(temporaryFolder(), 'cache');
    process.env.VGG16_URL = pathToFileURL(folder).href;
    delete process.env.VGG16_SHA256;
    await assert.rejects(
      vgg16({ cacheDir }),
      /DataError: The ImageNet weights of VGG16 from file:.* could not be used: .*58889256.*\. Check VGG16_URL and VGG16_SHA256/,
    );
    assert.deepEqual(existsSync(cacheDir) ? readdirSync(cacheDir) : [], []);
    process.env.VGG16_SHA256 = 'abc';
    await assert.rejects(
      vgg16({ cacheDir }),
      /RangeError: VGG16_SHA256 should be the 64 hexadecimal digits.*received 'abc'/,
    );
  });

  it('says where they can not be kept', async () => {
    const { folder, sha256, file } = await mirror();
    process.env.VGG16_URL = pathToFileURL(folder).href;
    process.env.VGG16_SHA256 = sha256;
    await assert.rejects(
      vgg16({ cacheDir: join(file, 'cache') }),
      /DataError: .*could not be kept in .*another cacheDir/,
    );
  });
});
