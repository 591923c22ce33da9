// A training that was begun here goes on in real Keras, on two processes, and comes back (distributed/continue_training.py).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  adam,
  evaluate,
  fit,
  loadEmoji10,
  loadKerasWeights,
  predict,
  preprocess,
  resnetV1,
  type Split,
  saveKerasWeights,
  setRandomSeed,
  takeImages,
  type tf,
  useBackend,
} from 'resnet-lab';
import { storedPreprocess } from 'resnet-lab/dist/models/metadata';
import { type Members, makeArchive } from '../helpers/archives';
import { temporaryFolder } from '../helpers/folder';
import { kerasPython } from '../helpers/keras';

const SCRIPT = join(__dirname, '..', '..', 'distributed', 'continue_training.py');
const [FILES, IMAGES, TESTS] = [5, 64, 100];
const folder = temporaryFolder();
const [archive, begun] = [join(folder, 'images.tar.gz'), join(folder, 'begun.weights.h5')];
let model: tf.LayersModel;
let [train, test]: Split[] = [];

/** CIFAR-10's records of images first to first + count. */
function records({ images, labels }: Split, first: number, count: number): Buffer {
  const bytes = Buffer.alloc(count * 3073);
  for (let i = 0; i < count; i++) {
    bytes[i * 3073] = labels[first + i];
    for (let k = 0; k < 1024; k++) {
      for (let c = 0; c < 3; c++) bytes[i * 3073 + 1 + c * 1024 + k] = images.get(first + i, k >> 5, k & 31, c);
    }
  }
  return bytes;
}

function goOn(...args: string[]) {
  const options = ['--weights', begun, '--data', archive, '--depth', '8', '--batch', '64', ...args];
  return spawnSync(kerasPython(), [SCRIPT, ...options], { encoding: 'utf8', timeout: 300_000 });
}

before(async () => {
  await useBackend();
  const emoji = await loadEmoji10();
  [train, test] = [takeImages(emoji.train, FILES * IMAGES), takeImages(emoji.test, TESTS)];
  const members: Members = { 'test_batch.bin': records(test, 0, TESTS) };
  for (let f = 0; f < FILES; f++) members[`data_batch_${f + 1}.bin`] = records(train, f * IMAGES, IMAGES);
  writeFileSync(archive, await makeArchive(members));
  setRandomSeed(1);
  model = resnetV1([32, 32, 3], 8);
  await fit(model, train, { epochs: 2, optimizer: adam(0.001), preprocess: preprocess.pixelMean(train), seed: 1 });
  await saveKerasWeights(model, begun);
});

describe('a training that goes on in Keras', () => {
  it('comes back with what two processes have learnt, which is what one learns', async () => {
    const results: tf.LayersModel[] = [];
    for (const processes of ['2', '1']) {
      const output = join(folder, `continued-${processes}.weights.h5`);
      const { status, stdout, stderr } = goOn('--epochs', '2', '--processes', processes, '--output', output);
      assert.equal(status, 0, stderr);
      const [, accuracy, count, ran] =
        /Test accuracy (\d\.\d+), loss \d+\.\d+ \((\d+) images\), (\d) process/.exec(stdout) ?? [];
      assert.deepEqual([count, ran], [String(TESTS), processes], stdout);
      const continued = resnetV1([32, 32, 3], 8);
      await loadKerasWeights(continued, output);
      assert.deepEqual(storedPreprocess(continued), storedPreprocess(model));
      assert.equal((await evaluate(continued, test)).accuracy.toFixed(4), accuracy);
      results.push(continued);
    }
    // Answers, not weights: biases before batch normalisation change nothing, and Adam moves them by rounding alone.
    const answers = [...results, model].map(async (of) => (await predict(of, test.images)).data);
    const [two, one, before] = await Promise.all(answers);
    const difference = Math.max(...two.map((value, i) => Math.abs(value - one[i])));
    const moved = Math.max(...two.map((value, i) => Math.abs(value - before[i])));
    console.log({ difference, moved });
    assert.ok(difference < 1e-3 && moved > 0.05);
  });

  it('says in one line what is wrong, and leaves no file', () => {
    const output = join(folder, 'none.weights.h5');
    for (const [args, message] of [
      [
        ['--depth', '14', '--output', output],
        /Process \d: .*begun\.weights\.h5 should hold the weights of a ResNet of depth 14; Keras: /,
      ],
      [['--depth', '9', '--output', output], /--depth should be 6n\+2 \(8, 20, 32, …\), received 9/],
      [['--batch', '63', '--output', output], /--batch should divide by the 2 processes, received 63/],
      [['--output', join(folder, 'none.h5')], /--output should end in \.weights\.h5, received/],
      [['--data', join(folder, 'nothing'), '--output', output], /--data: there is no .*nothing/],
    ] as const) {
      const { status, stderr } = goOn(...args);
      assert.notEqual(status, 0);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /Traceback|Warning/);
    }
    assert.ok(!existsSync(output));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('part-')),
      [],
    );
  });
});
