import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, before, describe, it, mock } from 'node:test';
import { DataError, loadModel, resnetV1, saveModel, setRandomSeed, tf, useBackend } from 'resnet-lab';
import send from 'send';
import { temporaryFolder } from '../helpers/folder';
import { withServer } from '../helpers/server';

const root = temporaryFolder();
let folders = 0;
const newFolder = () => join(root, `${folders++}`);
const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);
let model: tf.LayersModel;

before(async () => {
  await useBackend('cpu');
  setRandomSeed(1);
  model = resnetV1([32, 32, 3], 8);
});
afterEach(() => mock.restoreAll());

const refuses = (folder: string, message: RegExp) =>
  assert.rejects(loadModel(folder), (error: Error) => {
    assert.ok(error instanceof DataError, String(error));
    assert.match(error.message, message);
    assert.match(error.message, /^The model in .* can't be loaded \(.*\)\. Give the folder that holds its model\.json/);
    return true;
  });

async function saved(): Promise<string> {
  const folder = newFolder();
  await saveModel(model, folder);
  return folder;
}

describe('saveModel and loadModel', () => {
  it('bring back weights, layers and metadata', async () => {
    model.setUserDefinedMetadata({ preprocess: { kind: 'scale' } });
    const loaded = await loadModel(await saved());
    assert.deepEqual(weightsOf(loaded), weightsOf(model));
    assert.deepEqual(
      loaded.layers.map((layer) => layer.name),
      model.layers.map((layer) => layer.name),
    );
    assert.deepEqual(loaded.getUserDefinedMetadata(), { preprocess: { kind: 'scale' } });
  });

  it("are files that TensorFlow.js's own loader reads over the network", async () => {
    const folder = await saved();
    const loaded = await withServer(
      (request, response) => send(request, request.url as string, { root: folder }).pipe(response),
      (url) => tf.loadLayersModel(`${url}/model.json`),
    );
    assert.deepEqual(weightsOf(loaded), weightsOf(model));
  });

  it('replace a model at one instant: a save that fails leaves the old one', async () => {
    const folder = await saved();
    const before = weightsOf(model);
    setRandomSeed(2);
    const other = resnetV1([32, 32, 3], 8);
    for (const again of [other, model]) {
      for (const [call, time] of [
        ['open', 1],
        ['open', 2],
        ['rename', 1],
        ['rename', 2],
      ] as const) {
        let calls = 0;
        const original = fs[call] as (...args: unknown[]) => unknown;
        mock.method(fs, call, (...args: unknown[]) => {
          calls += 1;
          if (calls < time) return original(...args);
          return Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: call }));
        });
        await assert.rejects(
          saveModel(again, folder),
          /DataError: The model could not be saved in .*: the disk is full \(ENOSPC\)\. Choose another folder\./,
        );
        mock.restoreAll();
        assert.deepEqual(weightsOf(await loadModel(folder)), before, `${call} ${time}`);
      }
    }
    await saveModel(other, folder);
    assert.deepEqual(weightsOf(await loadModel(folder)), weightsOf(other));
    assert.equal(readdirSync(folder).length, 2, 'the old weights and what a failed save left are gone');
  });

  it('say what is missing or damaged', async () => {
    await refuses(newFolder(), /ENOENT/);
    const damages: [RegExp, (folder: string, weights: string, json: string) => void][] = [
      [/has the SHA-256 [0-9a-f]+ instead of [0-9a-f]+/, (folder, weights) => flip(join(folder, weights))],
      [/ENOENT/, (folder, weights) => rmSync(join(folder, weights))],
      [/JSON/, (folder, _, json) => writeFileSync(join(folder, 'model.json'), json.slice(0, 1000))],
      [
        /said to be in \.\.\/\.\.\/etc\/passwd, outside the folder/,
        (folder, weights, json) => writeFileSync(join(folder, 'model.json'), json.replace(weights, '../../etc/passwd')),
      ],
      [/./, (folder) => writeFileSync(join(folder, 'model.json'), '{}')],
    ];
    for (const [message, damage] of damages) {
      const folder = await saved();
      const weights = readdirSync(folder).find((name) => name.startsWith('weights-')) as string;
      damage(folder, weights, readFileSync(join(folder, 'model.json'), 'utf8'));
      await refuses(folder, message);
    }
  });
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}
