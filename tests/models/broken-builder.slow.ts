// The Keras vectors are worth something only if they fail when a builder is broken. Here it is broken on purpose, in a
// copy of the built library, in all the ways that a person might: each must be noticed, and each vector must notice some.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { KERAS_CASES } from '../helpers/keras-cases';

const FOLDER = join('test-results', 'broken-builder');
const VECTORS = 'keras-vectors.test.ts';

/** What is replaced in lib/dist/models/resnet.js, and by what. */
const BREAKS: Record<string, [string, string]> = {
  'valid padding': ["padding: 'same'", "padding: 'valid'"],
  'another L2 weight': ['const L2 = 1e-4', 'const L2 = 2e-4'],
  'no L2 penalty': ['kernelRegularizer:', 'unused:'],
  'no bias': ['kernelInitializer:', 'useBias: false, kernelInitializer:'],
  'stride ignored': ['        strides,\n        padding', '        padding'],
  'activation in the second layer of a block': ['numFilters, activation: null }', 'numFilters }'],
  'normalised shortcut': ['activation: null, batchNormalization: false', 'activation: null'],
  'shortcut after the residual': ['[shortcut, residual]', '[residual, shortcut]'],
  'projection in every stage': ['stage > 0 && block === 0', 'block === 0'],
  'maximum pooling': ['averagePooling2d', 'maxPooling2d'],
  'convFirst ignored': ['return convFirst ?', 'return true ?'],
  'normalisation always on': ['batchNormalization ?', 'true ?'],
  'activation fixed': ['activate(normalized, activation)', "activate(normalized, 'sigmoid')"],
  'another momentum': ['batchNormalization()', 'batchNormalization({ momentum: 0.9 })'],
  'another epsilon': ['batchNormalization()', 'batchNormalization({ epsilon: 1e-2 })'],
  'twice the filters': ['filters: numFilters', 'filters: 2 * numFilters'],
};

after(() => rmSync(FOLDER, { recursive: true, force: true }));

/** A folder in which `resnet-lab` is a copy of the library with one line broken; tests beside it use that copy. */
function breakBuilder(name: string, [from, to]: [string, string]): string {
  const folder = join(FOLDER, name.replaceAll(' ', '-'));
  const copy = join(folder, 'node_modules', 'resnet-lab');
  mkdirSync(copy, { recursive: true });
  cpSync(join('lib', 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join('lib', 'package.json'), join(copy, 'package.json'));
  for (const part of ['helpers', 'keras', 'models']) {
    cpSync(join('tests', part), join(folder, 'tests', part), { recursive: true });
  }
  const builder = join(copy, 'dist', 'models', 'resnet.js');
  const source = readFileSync(builder, 'utf8');
  assert.ok(source.includes(from), `${name}: '${from}' is not in the builder any more`);
  writeFileSync(builder, source.replaceAll(from, to));
  return folder;
}

/** The vectors (test suites) that fail in a folder. */
function failingVectors(folder: string): Promise<string[]> {
  const args = ['--import', 'tsx', '--test', '--test-reporter=tap', join(folder, 'tests', 'models', VECTORS)];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // otherwise it would report to this very test
  return new Promise((done) => {
    execFile(process.execPath, args, { env, maxBuffer: 2 ** 27 }, (_error, stdout) => {
      done([...stdout.matchAll(/^ *not ok \d+ - (\S+) against Keras$/gm)].map(([, vector]) => vector));
    });
  });
}

describe('the Keras vectors', () => {
  const unnoticing = new Set(KERAS_CASES);

  it('pass when the copy is not broken', async () => {
    assert.equal(unnoticing.size, 9);
    assert.deepEqual(await failingVectors(breakBuilder('nothing', ['const L2 = 1e-4', 'const L2 = 1e-4'])), []);
  });

  for (const [name, replacement] of Object.entries(BREAKS)) {
    it(`notice: ${name}`, async () => {
      const failing = await failingVectors(breakBuilder(name, replacement));
      console.log(`${name}: ${failing.join(', ')}`);
      assert.ok(failing.length > 0);
      for (const vector of failing) unnoticing.delete(vector);
    });
  }

  it('each notice something', () => assert.deepEqual([...unnoticing], []));
});
