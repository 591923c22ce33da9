// Interrupted trainings end as if they had not been, and what goes wrong with their folders is one sentence.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, describe, it, mock } from 'node:test';
import {
  adam,
  CSVLogger,
  cosineDecay,
  DataError,
  EarlyStopping,
  type FitOptions,
  fit,
  type History,
  LearningRateScheduler,
  loadEmoji10,
  loadModel,
  ModelCheckpoint,
  predict,
  preprocess,
  ReduceLROnPlateau,
  type Split,
  setRandomSeed,
  sgd,
  takeImages,
  tf,
  useBackend,
} from 'resnet-lab';
import { sha256 } from '../helpers/archives';
import { temporaryFolder } from '../helpers/folder';

const root = temporaryFolder();
let split: Split;
let validation: Split;
let folders = 0;
const newFolder = () => join(root, `${folders++}`);

before(async () => {
  await useBackend();
  const data = await loadEmoji10();
  split = takeImages(data.train, 100);
  validation = takeImages(data.test, 40);
});
afterEach(() => mock.restoreAll());

/** Batch normalisation and dropout have state of their own. */
function makeModel(filters = 4): tf.LayersModel {
  setRandomSeed(3);
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 5 });
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [32, 32, 3], filters, kernelSize: 3, strides: 4, kernelInitializer }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.3 }),
      tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer }),
    ],
  });
}

/** A training with everything that has a state: 4 epochs of 7 steps. */
function makeOptions(options: FitOptions = {}): FitOptions {
  return {
    epochs: 4,
    batchSize: 16,
    seed: 9,
    optimizer: adam(3e-3),
    augment: true,
    preprocess: preprocess.pixelMean(split),
    validation,
    callbacks: [
      new ReduceLROnPlateau({ monitor: 'val_accuracy', patience: 1, factor: 0.5, minDelta: 0.05 }),
      new EarlyStopping({ patience: 3, restoreBestWeights: true }),
      new LearningRateScheduler((_, rate) => rate * 0.9),
    ],
    ...options,
  };
}

function frozenModel(): tf.LayersModel {
  const model = makeModel();
  model.layers[0].trainable = false;
  return model;
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

async function train(options: FitOptions, model = makeModel()): Promise<{ history: History; weights: number[][] }> {
  const history = await fit(model, split, options);
  return { history, weights: weightsOf(model) };
}

/** Stops the training after so many steps. */
function stopAfter(steps: number): Pick<FitOptions, 'signal'> & { callback: tf.CustomCallbackArgs } {
  const controller = new AbortController();
  let done = 0;
  const onBatchEnd = async () => {
    done += 1;
    if (done === steps) controller.abort();
  };
  return { signal: controller.signal, callback: { onBatchEnd } };
}

function stopping(steps: number, options: FitOptions = {}): FitOptions {
  const all = makeOptions(options);
  const { signal, callback } = stopAfter(steps);
  return { ...all, signal, callbacks: [...(all.callbacks ?? []), callback] };
}

const checkpointsIn = (folder: string) => readdirSync(folder).sort();
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path, sha256(readFileSync(path))]),
  );

describe('an interrupted training', () => {
  let whole: Awaited<ReturnType<typeof train>>;
  before(async () => {
    whole = await train(makeOptions());
    assert.ok(new Set(whole.history.history.learning_rate).size > 2);
  });

  it('goes on in the same process, as if it had not stopped', async () => {
    for (const steps of [1, 6, 7, 8, 20]) {
      const model = makeModel();
      const { history } = await train(stopping(steps), model);
      assert.equal(history.steps.loss.length, steps, 'it stops within one step');
      assert.deepEqual(
        history.epoch,
        Array.from({ length: Math.floor((steps - 1) / 7) }, (_, epoch) => epoch),
      );
      assert.deepEqual(await train(makeOptions(), model), whole, `after ${steps} steps`);
    }
  });

  it('may be stopped again and again, by signals given anew', async () => {
    const model = makeModel();
    for (let time = 0; time < 5; time++) await train(stopping(4), model);
    assert.deepEqual(await train(makeOptions(), model), whole);
  });

  it('stops in its validation too', async () => {
    const model = makeModel();
    const controller = new AbortController();
    const { predictOnBatch } = model;
    model.predictOnBatch = (inputs) => {
      controller.abort();
      return predictOnBatch.call(model, inputs);
    };
    const big = takeImages((await loadEmoji10()).test, 300); // three batches
    const options = { ...makeOptions(), validation: big };
    const { history } = await train({ ...options, signal: controller.signal }, model);
    assert.deepEqual([history.epoch, history.steps.loss.length], [[], 7]);
    model.predictOnBatch = predictOnBatch;
    assert.deepEqual(
      await train({ ...makeOptions(), validation: big }, model),
      await train({ ...makeOptions(), validation: big }),
    );
  });

  it('that never began is begun', async () => {
    const model = makeModel();
    const { history } = await train(makeOptions({ signal: AbortSignal.abort() }), model);
    assert.deepEqual(history.steps.loss, []);
    assert.deepEqual(await train(makeOptions(), model), whole);
  });

  it('goes on from a folder, in a model that was built anew', async () => {
    for (const steps of [3, 7, 15]) {
      const checkpoint = newFolder();
      await train(stopping(steps, { checkpoint }));
      makeModel(); // other names of layers
      setRandomSeed(77);
      assert.deepEqual(await train(makeOptions({ checkpoint })), whole, `after ${steps} steps`);
      const { signal, callback } = stopAfter(1);
      const again = makeOptions({ checkpoint });
      assert.deepEqual(await train({ ...again, callbacks: [...(again.callbacks ?? []), callback] }), whole);
      assert.ok(!signal?.aborted, 'and is not trained any further');
    }
  });

  it('goes on from whatever checkpoint is there', async () => {
    const checkpoint = newFolder();
    const copies: string[] = [];
    const copying = {
      onBatchEnd: async () => {
        const copy = newFolder();
        cpSync(checkpoint, copy, { recursive: true });
        rmSync(join(copy, 'lock'));
        copies.push(copy);
      },
    };
    const options = makeOptions({ checkpoint, checkpointSeconds: 0 });
    assert.deepEqual(await train({ ...options, callbacks: [...(options.callbacks ?? []), copying] }), whole);
    assert.equal(copies.length, 28);
    for (const [i, copy] of copies.entries()) {
      if (i % 5 === 3 || i % 7 === 0) assert.deepEqual(await train(makeOptions({ checkpoint: copy })), whole, `${i}`);
    }
  });

  it('goes on with a schedule, with sgd, with validation images of its own, and for more epochs', async () => {
    const options = () =>
      makeOptions({
        optimizer: sgd(0.1, { momentum: 0.9, nesterov: true, weightDecay: 1e-4 }),
        schedule: cosineDecay({ initialLearningRate: 0, warmupTarget: 0.05, warmupEpochs: 1, decayEpochs: 3 }),
        validation: 0.2,
        callbacks: [],
      });
    const expected = await train(options());
    assert.equal(expected.history.history.learning_rate.length, 4);
    const checkpoint = newFolder();
    await train({ ...options(), checkpoint, epochs: 1 });
    await train({ ...options(), checkpoint, ...stopAfter(2), callbacks: [] });
    assert.deepEqual(await train({ ...options(), checkpoint }), expected);
  });

  it('keeps its seed when it was given none', async () => {
    const checkpoint = newFolder();
    const options = { ...makeOptions(), seed: undefined };
    const expected = await train(options);
    await train({ ...stopping(9), seed: undefined, checkpoint });
    assert.deepEqual(await train({ ...makeOptions(), seed: undefined, checkpoint }), expected);
  });

  it('that has stopped early stays stopped', async () => {
    const checkpoint = newFolder();
    const options = () => makeOptions({ checkpoint, callbacks: [new EarlyStopping({ monitor: 'loss', mode: 'max' })] });
    const first = await train(options());
    assert.deepEqual(first.history.epoch, [0, 1]);
    assert.deepEqual(await train({ ...options(), epochs: 9 }), first);
  });

  it('takes the lines of its log back that were written after the checkpoint', async () => {
    const texts: string[] = [];
    for (const interrupted of [false, true]) {
      const [checkpoint, log] = [newFolder(), join(newFolder(), 'log.csv')];
      const callbacks = () => [new CSVLogger(log), new ModelCheckpoint(newFolder(), { saveBestOnly: true })];
      if (interrupted) {
        const kept = newFolder();
        const keep = {
          onEpochEnd: async (epoch: number) => void (epoch === 1 && cpSync(checkpoint, kept, { recursive: true })),
        };
        await train(makeOptions({ checkpoint, epochs: 3, callbacks: [...callbacks(), keep] }));
        rmSync(checkpoint, { recursive: true });
        cpSync(kept, checkpoint, { recursive: true });
      }
      await train(makeOptions({ checkpoint, callbacks: callbacks() }));
      texts.push(readFileSync(log, 'utf8'));
    }
    assert.equal(texts[0].split('\r\n').length, 1 + 4 + 1);
    assert.equal(texts[1], texts[0]);
  });

  it('that was killed after its last epoch still ends as it should, and may go on for more epochs', async () => {
    const callbacks = () => [
      new EarlyStopping({ monitor: 'loss', mode: 'max', patience: 99, restoreBestWeights: true }),
    ];
    const expected = await train(makeOptions({ callbacks: callbacks() }));
    const longer = await train(makeOptions({ epochs: 6, callbacks: callbacks() }));
    const checkpoint = newFolder();
    const kill = { onTrainEnd: async () => assert.fail('killed') };
    await assert.rejects(train(makeOptions({ checkpoint, callbacks: [...callbacks(), kill] })), /killed/);
    assert.deepEqual(await train(makeOptions({ checkpoint, callbacks: callbacks() })), expected);
    assert.deepEqual(await train(makeOptions({ checkpoint, epochs: 6, callbacks: callbacks() })), longer);
  });

  it('whose callback had asked to stop in the middle of an epoch stops there', async () => {
    const model = makeModel();
    const stopAt = (stopped: tf.LayersModel) => ({
      onBatchEnd: async (batch: number) => {
        if (batch === 3) stopped.stopTraining = true;
      },
    });
    const expected = await train(makeOptions({ callbacks: [stopAt(model)] }), model);
    assert.equal(expected.history.steps.loss.length, 4);
    const [checkpoint, other] = [newFolder(), makeModel()];
    const kill = { onEpochEnd: async () => assert.fail('killed') };
    const options = { checkpoint, checkpointSeconds: 0 };
    await assert.rejects(train(makeOptions({ ...options, callbacks: [stopAt(other), kill] }), other), /killed/);
    assert.deepEqual(await train(makeOptions({ ...options, callbacks: [] })), expected);
  });

  it('keeps apart the states of two callbacks of one class', async () => {
    const callbacks = () => [
      new EarlyStopping({ monitor: 'loss', mode: 'max', patience: 9, restoreBestWeights: true }),
      new ReduceLROnPlateau({ monitor: 'loss', mode: 'max', patience: 1, factor: 0.5 }),
      new ReduceLROnPlateau({ monitor: 'loss', mode: 'max', patience: 2, factor: 0.1 }),
      new EarlyStopping({ monitor: 'val_loss', patience: 9, restoreBestWeights: true }),
    ];
    const expected = await train(makeOptions({ epochs: 6, callbacks: callbacks() }));
    for (const steps of [8, 15, 22, 29, 36]) {
      const checkpoint = newFolder();
      const { signal, callback } = stopAfter(steps);
      await train(makeOptions({ epochs: 6, checkpoint, signal, callbacks: [...callbacks(), callback] }));
      assert.deepEqual(await train(makeOptions({ epochs: 6, checkpoint, callbacks: callbacks() })), expected);
    }
    const checkpoint = newFolder();
    await train(makeOptions({ checkpoint, epochs: 1, callbacks: callbacks() }));
    const fewer = makeOptions({ checkpoint, callbacks: callbacks().slice(0, 2) });
    await refuses(checkpoint, fewer, RangeError, /the callback ReduceLROnPlateau, which is missing/);
  });

  it('is forgotten when another training begins, or resume is false', async () => {
    const begun = async (change: FitOptions) => {
      const model = makeModel();
      await train(stopping(9), model);
      return (await fit(model, split, makeOptions(change))).steps.loss.length;
    };
    assert.equal(await begun({}), 28, 'goes on with its 9 steps');
    const model = makeModel();
    await train(stopping(9), model);
    const { steps } = await fit(model, split, makeOptions({ epochs: 1, resume: false }));
    assert.equal(steps.loss.length, 7);
    assert.equal((await fit(model, split, makeOptions({ epochs: 1 }))).steps.loss.length, 7);
    await train(stopping(9), model);
    model.compile({ optimizer: adam(3e-3), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const anew = await fit(model, split, makeOptions({ optimizer: undefined, epochs: 2 }));
    assert.equal(anew.steps.loss.length, 14, 'its optimiser is gone');
    assert.equal(await begun({ epochs: 2, batchSize: 50 }), 4);
  });

  it('is not forgotten by a call that fails', async () => {
    const whole = await train(makeOptions());
    const model = makeModel();
    await train(stopping(9), model);
    const wrong = { ...validation, labels: new Uint8Array(40).fill(11) };
    await assert.rejects(fit(model, split, makeOptions({ validation: wrong })), /label 0 is 11/);
    assert.deepEqual(await train(makeOptions(), model), whole);
  });

  it('asks a schedule for its own epochs only', async () => {
    const schedule = (step: number, stepsPerEpoch: number) =>
      step < 4 * stepsPerEpoch ? 1e-3 : assert.fail('a step that is none');
    const expected = await train(makeOptions({ schedule, callbacks: [] }));
    const checkpoint = newFolder();
    assert.deepEqual(await train(makeOptions({ schedule, callbacks: [], checkpoint })), expected);
    assert.deepEqual(await train(makeOptions({ schedule, callbacks: [], checkpoint })), expected);
  });

  it('goes on with what a diverged training measured', async () => {
    const options = () => makeOptions({ optimizer: sgd(1e30), callbacks: [new EarlyStopping({ patience: 9 })] });
    const expected = await train(options());
    assert.ok(expected.history.history.loss.some(Number.isNaN), `${expected.history.history.loss}`);
    const checkpoint = newFolder();
    await train({
      ...stopping(10, { checkpoint }),
      optimizer: sgd(1e30),
      callbacks: options().callbacks,
      ...stopAfter(10),
    });
    assert.deepEqual(await train({ ...options(), checkpoint }), expected);
  });

  it('keeps no tensors', async () => {
    const checkpoint = newFolder();
    const model = makeModel();
    await train(makeOptions({ epochs: 1 }), model);
    const stopped = stopping(9); // with an optimiser that has tensors
    const before = tf.memory().numTensors;
    await train({ ...stopped, optimizer: undefined }, model);
    assert.equal(tf.memory().numTensors, before, 'nor does a stop');
    await train(stopping(9, { checkpoint }), model);
    const options = makeOptions({ checkpoint });
    await train(options, model);
    const tensors = tf.memory().numTensors;
    await train({ ...options, epochs: 6 }, model);
    assert.equal(tf.memory().numTensors, tensors);
  });
});

describe('the folder of a training', () => {
  it('keeps two checkpoints, each with a model that TensorFlow.js loads, and the sums of its files', async () => {
    const checkpoint = newFolder();
    const model = makeModel();
    await train(makeOptions({ checkpoint, checkpointSeconds: 0 }), model);
    const names = checkpointsIn(checkpoint);
    assert.equal(names.length, 2);
    assert.ok(names.every((name) => /^checkpoint-\d{6}$/.test(name)));
    for (const name of names) {
      const sums = readFileSync(join(checkpoint, name, 'SHA256SUMS'), 'utf8')
        .trim()
        .split('\n');
      assert.equal(sums.length, 4);
      for (const line of sums) {
        const [hash, file] = line.split('  ');
        assert.equal(sha256(readFileSync(join(checkpoint, name, file))), hash);
      }
    }
    const loaded = await loadModel(join(checkpoint, names[1]));
    const [expected, received] = [await predict(model, validation.images), await predict(loaded, validation.images)];
    assert.deepEqual(received.data, expected.data, 'the preprocessing is in it too');
  });

  it('is written to for at most 1 % of the time, unless after every step', async () => {
    const { open } = fs;
    mock.method(fs, 'open', async (...args: Parameters<typeof open>) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return open(...args);
    });
    const checkpoint = newFolder();
    await train(makeOptions({ checkpoint, checkpointSeconds: 0.001 }));
    assert.deepEqual(checkpointsIn(checkpoint), ['checkpoint-000001', 'checkpoint-000002'], 'the first and the last');
  });

  it('is cleared of what a killed process left', async () => {
    const checkpoint = newFolder();
    await train(stopping(9, { checkpoint }));
    mkdirSync(join(checkpoint, 'checkpoint-000009.part'));
    writeFileSync(join(checkpoint, 'checkpoint-000009.part', 'model.json'), '{');
    mkdirSync(join(checkpoint, 'mine.part'));
    await train(makeOptions({ checkpoint, signal: AbortSignal.abort() }));
    assert.ok(!existsSync(join(checkpoint, 'checkpoint-000009.part')));
    assert.ok(existsSync(join(checkpoint, 'mine.part')), 'what belongs to somebody else stays');
  });

  it('whose newest checkpoint can not be read just now is left as it is', async () => {
    const checkpoint = newFolder();
    await train(stopping(9, { checkpoint }));
    const { readFile } = fs;
    mock.method(fs, 'readFile', async (...args: Parameters<typeof readFile>) => {
      if (`${args[0]}`.endsWith('training.bin'))
        throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'read' });
      return readFile(...args);
    });
    await refuses(checkpoint, makeOptions({ checkpoint }), DataError, /the disk reports an error \(EIO\)/);
  });

  it('is free after the training, also after one that failed', async () => {
    const checkpoint = newFolder();
    const failing = { onBatchEnd: async () => assert.fail('a callback fails') };
    await assert.rejects(train(makeOptions({ checkpoint, callbacks: [failing] })), /a callback fails/);
    assert.deepEqual(checkpointsIn(checkpoint), ['checkpoint-000001']);
    await train(makeOptions({ checkpoint }));
  });

  it('with a damaged newest checkpoint goes on from the one before, and says so', async () => {
    const begun = newFolder();
    await train(stopping(15, { checkpoint: begun, checkpointSeconds: 0 }));
    const whole = await train(makeOptions());
    const [older, newest] = checkpointsIn(begun);
    const files = readdirSync(join(begun, newest));
    assert.equal(files.length, 5);
    const damages: [string, (path: string) => void][] = files.flatMap((file) => [
      [`${file} altered`, (path) => flip(join(path, file))],
      [`${file} cut`, (path) => writeFileSync(join(path, file), readFileSync(join(path, file)).subarray(0, -2))],
      [`${file} gone`, (path) => rmSync(join(path, file))],
    ]);
    for (const [what, damage] of damages) {
      const checkpoint = newFolder();
      cpSync(begun, checkpoint, { recursive: true });
      damage(join(checkpoint, newest));
      const warn = mock.method(console, 'warn', () => {});
      assert.deepEqual(await train(makeOptions({ checkpoint })), whole, what);
      warn.mock.restore();
      assert.equal(warn.mock.callCount(), 1, what);
      assert.match(
        `${warn.mock.calls[0].arguments[0]}`,
        new RegExp(`The checkpoint .*${newest} is damaged: .+ Going on from the one before, .*${older}\\.`),
      );
    }
  });

  it('with nothing but damaged checkpoints is left as it is', async () => {
    const checkpoint = newFolder();
    await train(stopping(15, { checkpoint, checkpointSeconds: 0 }));
    for (const name of checkpointsIn(checkpoint)) flip(join(checkpoint, name, 'training.bin'));
    await refuses(
      checkpoint,
      makeOptions({ checkpoint }),
      DataError,
      /damaged: training\.bin has changed.*There is no other\. Give another folder/,
    );
  });

  it('that holds another training is left as it is', async () => {
    const checkpoint = newFolder();
    const options = { schedule: cosineDecay({ initialLearningRate: 0.1, decayEpochs: 4 }) };
    await train(stopping(15, { checkpoint, ...options }));
    const refused: [FitOptions, RegExp, tf.LayersModel?, Split?][] = [
      [{}, /begun with model \d+ parameters in 5 layers \(.+\), received \d+ parameters/, makeModel(5)],
      [{ batchSize: 20 }, /batchSize 16, received 20/],
      [{ seed: 10 }, /seed 9, received 10/],
      [{ augment: false }, /augment \{.*\}, received none/],
      [{ preprocess: preprocess.scale() }, /preprocess pixelMean \(.+\), received scale/],
      [{ validation: 0.5 }, /validation 40 images .*, received 0\.5/],
      [{ optimizer: sgd() }, /optimizer Adam .*, received KerasSGD/],
      [{ optimizer: adam(1) }, /learningRate 0\.003, received 1/],
      [{ schedule: () => 0.1 }, /learning rates by its schedule 0\.1,0\.08.+, received 0\.1,0\.1/],
      [{ callbacks: [] }, /the callback ReduceLROnPlateau, which is missing/],
      [{ resume: false }, /holds a training already\. Go on with it \(resume: true\), give another folder/],
      [{}, /images 100 images .*, received 99 images/, undefined, takeImages(split, 99)],
      [
        {},
        /images 100 images .*, received 100 images/,
        undefined,
        { ...split, labels: split.labels.map((l) => 9 - l) },
      ],
      [{}, /begun with model \d+ parameters in 5 layers/, frozenModel()],
    ];
    for (const [change, message, model, images] of refused) {
      await refuses(checkpoint, makeOptions({ checkpoint, ...options, ...change }), RangeError, message, model, images);
    }
  });

  it('with a newer format is left as it is', async () => {
    const checkpoint = newFolder();
    await train(stopping(3, { checkpoint }));
    const newest = join(checkpoint, checkpointsIn(checkpoint).at(-1) as string);
    const json = readFileSync(join(newest, 'training.json'), 'utf8').replace('"format":1', '"format":2');
    const sums = readFileSync(join(newest, 'SHA256SUMS'), 'utf8');
    writeFileSync(join(newest, 'training.json'), json);
    writeFileSync(
      join(newest, 'SHA256SUMS'),
      sums.replace(/\w+ {2}training\.json/, `${sha256(Buffer.from(json))}  training.json`),
    );
    await refuses(
      checkpoint,
      makeOptions({ checkpoint }),
      DataError,
      /has the format 2, and this version of resnet-lab reads 1 at most\. Update/,
    );
  });

  it('that another process uses is left to it', async () => {
    const checkpoint = newFolder();
    mkdirSync(checkpoint);
    writeFileSync(join(checkpoint, 'lock'), JSON.stringify({ pid: 1, host: hostname() }));
    await refuses(
      checkpoint,
      makeOptions({ checkpoint }),
      DataError,
      /Process 1 on .* keeps checkpoints in .* already\. Wait for it, or give another folder/,
    );
  });

  it('that can not be written is told before the first step', async () => {
    const file = newFolder();
    writeFileSync(file, '');
    await assert.rejects(
      train(makeOptions({ checkpoint: file })),
      /DataError: Checkpoints can't be kept in .*: a file of that name is in the way/,
    );
    if (process.platform === 'linux') {
      await assert.rejects(
        train(makeOptions({ checkpoint: '/proc/x/y' })),
        /DataError: Checkpoints can't be kept in \/proc\/x\/y: no folder can be made there/,
      );
    }
    await assert.rejects(
      train(makeOptions({ checkpoint: join(file, 'x') })),
      /DataError: .*a part of its path is a file/,
    );
    for (const [code, words] of [
      ['EACCES', 'permission denied'],
      ['EROFS', 'the file system is read-only'],
      ['ENOSPC', 'the disk is full'],
    ]) {
      for (const call of ['mkdir', 'open'] as const) {
        const checkpoint = newFolder();
        mock.method(fs, call, async () => Promise.reject(Object.assign(new Error(code), { code, syscall: call })));
        let steps = 0;
        const counting = { onBatchEnd: async () => void steps++ };
        await assert.rejects(train(makeOptions({ checkpoint, callbacks: [counting] })), (error: Error) => {
          assert.ok(error instanceof DataError);
          assert.match(
            error.message,
            new RegExp(
              `^Checkpoints can't be kept in .*: ${words} \\(${code}\\)\\. Mend that, or give another folder\\.$`,
            ),
          );
          return true;
        });
        mock.restoreAll();
        assert.equal(steps, 0);
        assert.deepEqual(existsSync(checkpoint) ? readdirSync(checkpoint) : [], []);
      }
    }
  });

  it('that fills up in the middle keeps its last checkpoint, and the training goes on', async () => {
    const whole = await train(makeOptions());
    for (const [code, words] of [
      ['ENOSPC', 'the disk is full'],
      ['EDQUOT', 'your share of the disk is used up'],
      ['EIO', 'the disk reports an error'],
    ]) {
      const checkpoint = newFolder();
      const { open } = fs;
      let before: Record<string, string> = {};
      const filling = {
        onEpochEnd: async (epoch: number) => {
          if (epoch !== 1) return;
          before = contents(checkpoint);
          mock.method(fs, 'open', async (path: string, ...rest: []) => {
            const file = await open(path, ...rest);
            const fail = () => Promise.reject(Object.assign(new Error(code), { code, syscall: 'write' }));
            if (path.endsWith('training.bin')) file.writeFile = fail;
            return file;
          });
        },
      };
      const warn = mock.method(console, 'warn', () => {});
      const options = makeOptions({ checkpoint, checkpointSeconds: 0 });
      assert.deepEqual(await train({ ...options, callbacks: [...(options.callbacks ?? []), filling] }), whole);
      mock.restoreAll();
      assert.ok(warn.mock.callCount() > 0);
      for (const {
        arguments: [message],
      } of warn.mock.calls) {
        assert.match(
          `${message}`,
          new RegExp(
            `^Checkpoints can't be kept in .*: ${words} .* The training goes on, and the checkpoint before this one stays\\.$`,
          ),
        );
      }
      assert.ok(Object.keys(before).length > 0);
      delete before[join(checkpoint, 'lock')];
      assert.deepEqual(contents(checkpoint), before, 'nothing lost, nothing half written');
      assert.deepEqual(await train(makeOptions({ checkpoint })), whole);
    }
  });
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

/** The one sentence; the folder and the model stay as they were. */
async function refuses(
  checkpoint: string,
  options: FitOptions,
  type: typeof DataError | typeof RangeError,
  message: RegExp,
  model = makeModel(),
  images = split,
): Promise<void> {
  const [before, weights] = [contents(checkpoint), weightsOf(model)];
  await assert.rejects(fit(model, images, options), (error: Error) => {
    assert.ok(error instanceof type, String(error));
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(contents(checkpoint), before);
  assert.deepEqual(weightsOf(model), weights);
}
