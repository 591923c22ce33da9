// Weight files of real Keras (tests/keras/make_files.py): what it wrote, what nobody should trust, what is written here.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import ndarray from 'ndarray';
import { DataError, loadKerasWeights, preprocess, saveKerasWeights, tf, useBackend } from 'resnet-lab';
import { storedPreprocess, storePreprocess } from 'resnet-lab/dist/models/metadata';
import { temporaryFolder } from '../helpers/folder';

const FILES = join(__dirname, '..', 'keras', 'files');
const OUTPUTS: Record<string, number[]> = JSON.parse(readFileSync(join(FILES, 'outputs.json'), 'utf8'));
const INPUT_SHAPE = [8, 8, 3];

/** The models of make_files.py. */
const builders: Record<string, () => tf.LayersModel> = {
  plain() {
    const inputs = tf.input({ shape: INPUT_SHAPE });
    const outputs = [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, name: 'first', activation: 'relu' }),
      tf.layers.batchNormalization(),
      tf.layers.conv2d({ filters: 4, kernelSize: 3 }),
      tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 3 }),
    ].reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, inputs);
    return tf.model({ inputs, outputs });
  },
  nested() {
    const { inputs, layers } = builders.plain();
    const inner = tf.model({ inputs, outputs: layers[layers.length - 2].output });
    return tf.sequential({ layers: [inner, tf.layers.dense({ units: 2 })] });
  },
};

const outputOf = (model: tf.LayersModel) =>
  tf.tidy(() => [...(model.predict(tf.ones([1, ...INPUT_SHAPE])) as tf.Tensor).dataSync()]);

function assertOutput(model: tf.LayersModel, expected: number[], what: string) {
  const received = outputOf(model);
  for (const [i, value] of expected.entries()) {
    const error = Math.abs(received[i] - value) / (1 + Math.abs(value));
    assert.ok(error <= 1e-5, `${what}: ${received} instead of ${expected}`);
  }
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

describe('weight files of Keras', () => {
  before(() => useBackend('cpu'));

  for (const [name, build] of Object.entries(builders)) {
    for (const form of ['h5', 'legacy.h5', 'weights.h5']) {
      it(`give the outputs that they give in Keras: ${name}.${form}`, async () => {
        const model = build();
        await loadKerasWeights(model, join(FILES, `${name}.${form}`));
        assertOutput(model, OUTPUTS[name], form);
      });
    }
    for (const form of ['h5', 'weights.h5']) {
      it(`come back from a file that is written here: ${name}.${form}`, async () => {
        const [model, other] = [build(), build()];
        await loadKerasWeights(model, join(FILES, `${name}.h5`));
        const file = join(temporaryFolder(), `saved.${form}`);
        await saveKerasWeights(model, file);
        await loadKerasWeights(other, file);
        assert.deepEqual(weightsOf(other), weightsOf(model));
      });
    }
  }

  for (const form of ['h5', 'weights.h5']) {
    for (const kind of ['pixelMean', 'caffe'] as const) {
      it(`keep the preprocessing, which Keras reads past: ${kind}, ${form}`, async () => {
        const [model, other] = [builders.plain(), builders.plain()];
        const bytes = Uint8Array.from({ length: 7 * 192 }, (_, i) => (i * i) % 251);
        const split = { images: ndarray(bytes, [7, ...INPUT_SHAPE]), labels: new Uint8Array(7) };
        const description = preprocess[kind](split);
        storePreprocess(model, description);
        const file = join(temporaryFolder(), `saved.${form}`);
        await saveKerasWeights(model, file);
        await loadKerasWeights(other, file);
        assert.deepEqual(storedPreprocess(other), description);
      });
    }
  }

  for (const name of ['packed', 'big-endian', 'double-precision']) {
    it(`are read in other forms of HDF5: ${name}`, async () => {
      const model = builders.plain();
      await loadKerasWeights(model, join(FILES, 'hostile', `${name}.h5`));
      assertOutput(model, OUTPUTS.plain, name);
    });
  }

  it('are read into frozen layers, and no tensor is left over', async () => {
    const model = builders.plain();
    for (const layer of model.layers) layer.trainable = false;
    const { numTensors } = tf.memory();
    await loadKerasWeights(model, join(FILES, 'plain.legacy.h5'));
    assertOutput(model, OUTPUTS.plain, 'frozen');
    assert.equal(tf.memory().numTensors, numTensors);
  });
});

describe('weight files that are not what they should be', () => {
  before(() => useBackend('cpu'));

  const faults: Record<string, RegExp> = {
    'external-link': /first is a link to another place, which is not followed/,
    'soft-link': /first is a link to another place/,
    'cyclic-links': /first is a link to another place/,
    'group-in-itself': /it lacks first\/first\/kernel|first\/first\/kernel should be a dataset/,
    'external-data': /first\/first\/kernel is damaged, or kept in another file/,
    'virtual-data': /first\/first\/kernel is kept in another file, which is not opened/,
    'huge-shape': /first\/first\/kernel has the shape \[1000000,1000000,10,10\] instead of \[3,3,3,4\]/,
    'huge-chunk': /first\/first\/kernel is said to be in pieces of \[3,3,4096,4096\], larger than itself/,
    'unknown-filter': /first\/first\/kernel is packed with lzf, and gzip, shuffle, fletcher32 can be read/,
    'wrong-type': /first\/first\/kernel should hold floating-point numbers/,
    'half-precision': /first\/first\/kernel should hold floating-point numbers of 32 or 64 bits/,
    'wrong-shape': /first\/first\/kernel has the shape \[3,3,3,2\] instead of \[3,3,3,4\]/,
    'wrong-name': /layer 1 with weights is second instead of first/,
    'missing-weight': /it lacks first\/first\/kernel/,
    'missing-group': /it lacks the group first/,
    'missing-layer': /it lacks layers\/conv2d_1\/vars, the weights of the layer conv2d_Conv2D/,
    'names-of-numbers': /the attribute layer_names of the file should be strings/,
    'cut-off': /it is no HDF5 file, or its beginning is damaged|can't be read|damaged/,
    empty: /it is no HDF5 file/,
  };

  it('are all in the table', () => {
    const files = readdirSync(join(FILES, 'hostile')).map((file) => file.replace('.h5', ''));
    const good = ['packed', 'big-endian', 'double-precision'];
    assert.deepEqual(files.sort(), [...Object.keys(faults), ...good].sort());
  });

  for (const [name, fault] of Object.entries(faults)) {
    it(`get one sentence, and the model is unchanged: ${name}`, async () => {
      const model = builders.plain();
      const untouched = weightsOf(model);
      await assert.rejects(loadKerasWeights(model, join(FILES, 'hostile', `${name}.h5`)), (error: Error) => {
        assert.ok(error instanceof DataError, `${error.stack}`);
        assert.match(error.message, fault);
        assert.match(error.message, /^The weights in \S+ can't be used: [^\n]+\. The model is unchanged; give a file/);
        return true;
      });
      assert.deepEqual(weightsOf(model), untouched);
    });
  }

  it('are those of other models, too', async () => {
    const other = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
    await assert.rejects(
      loadKerasWeights(other, join(FILES, 'plain.h5')),
      /4 layers with weights, and the model has 1/,
    );
    await assert.rejects(
      loadKerasWeights(builders.plain(), join(FILES, 'nested.h5')),
      /functional\w* instead of first/,
    );
    await assert.rejects(
      loadKerasWeights(builders.plain(), join(FILES, 'nested.weights.h5')),
      /lacks layers\/conv2d\/vars/,
    );
  });

  it('are no files, or not there', async () => {
    const model = builders.plain();
    await assert.rejects(loadKerasWeights(model, FILES), /DataError: .*it is no file/);
    await assert.rejects(loadKerasWeights(model, join(FILES, 'none.h5')), /DataError: .*there is no such file/);
    const text = join(temporaryFolder(), 'text.h5');
    writeFileSync(text, '<html>Sign in</html>'.repeat(1000));
    await assert.rejects(loadKerasWeights(model, text), /DataError: .*it is no HDF5 file/);
  });
});

describe('saveKerasWeights', () => {
  it('wants an ending that tells the format', async () => {
    await assert.rejects(
      saveKerasWeights(builders.plain(), 'model.keras'),
      /RangeError: .*\.weights\.h5.*received model\.keras/,
    );
  });

  it('replaces a file whole, makes the folder, and says what refuses it', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'new', 'model.weights.h5');
    for (let i = 0; i < 2; i++) await saveKerasWeights(builders.plain(), file);
    assert.deepEqual(readdirSync(join(folder, 'new')), ['model.weights.h5']);
    mkdirSync(join(folder, 'folder.h5'));
    await assert.rejects(
      saveKerasWeights(builders.plain(), join(folder, 'folder.h5')),
      /DataError: .*could not be saved as/,
    );
    await assert.rejects(
      saveKerasWeights(builders.plain(), join(file, 'in-a-file.h5')),
      /DataError: .*could not be saved/,
    );
    assert.deepEqual(readdirSync(folder).sort(), ['folder.h5', 'new']);
  });
});
