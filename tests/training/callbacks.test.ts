// Keras's callbacks: what real Keras did at the same losses (tests/keras/make_training_vectors.py).
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, mock } from 'node:test';
import {
  CSVLogger,
  EarlyStopping,
  LearningRateScheduler,
  loadKerasWeights,
  lrSchedule,
  ModelCheckpoint,
  ReduceLROnPlateau,
  resnetV1,
  sgd,
  tf,
  useBackend,
} from 'resnet-lab';
import type { ResumableCallback } from 'resnet-lab/dist/training/callbacks/resumable';
import { assertClose } from '../helpers/close';
import { temporaryFolder } from '../helpers/folder';

interface Result {
  rates: number[];
  logged: (number | null)[];
  lastEpoch: number;
  weight: number;
  finalRate: number;
}
interface Case {
  callback: string;
  args: Record<string, unknown>;
  sequence: number;
  result: Result & { saved: string[] };
}

const vectors = JSON.parse(readFileSync(join(__dirname, '..', 'keras', 'vectors', 'callbacks.json'), 'utf8'));
const sequences: number[][] = vectors.sequences.map((values: (number | 'NaN')[]) => values.map(Number));
const folder = temporaryFolder();

before(() => useBackend('cpu'));

/** A model with one weight, which stands for the epoch. */
function makeModel(rate = 0.01): tf.LayersModel {
  const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [1], units: 1, useBias: false })] });
  model.compile({ optimizer: sgd(rate), loss: 'meanSquaredError' });
  return model;
}

const logsOf = (value: number) => ({ loss: value / 2, val_loss: value, val_accuracy: 1 - value / 3 });
const rateOf = (model: tf.LayersModel) => (model.optimizer as unknown as { learningRate: number }).learningRate;

/** Calls the callbacks as `fit` does, as the Python script calls Keras's. */
async function drive(
  callbacks: tf.Callback[],
  sequence: number[],
  { epochs = sequence.length, afresh }: { epochs?: number; afresh?: () => ResumableCallback[] } = {},
): Promise<Result> {
  const model = makeModel();
  let list = new tf.CallbackList(callbacks);
  list.setModel(model);
  await list.onTrainBegin();
  const result: Result = { rates: [], logged: [], lastEpoch: -1, weight: 0, finalRate: 0 };
  model.stopTraining = false;
  for (let epoch = 0; epoch < epochs && !model.stopTraining; epoch++) {
    await list.onEpochBegin(epoch);
    model.setWeights([tf.tensor2d([[epoch]])]);
    const logs: Record<string, number> = logsOf(sequence[epoch % sequence.length]);
    result.rates.push(rateOf(model));
    await list.onEpochEnd(epoch, logs);
    result.logged.push(logs.learning_rate ?? null);
    result.lastEpoch = epoch;
    if (afresh) list = await interrupt(list, afresh(), model);
  }
  await list.onTrainEnd();
  return { ...result, weight: model.getWeights()[0].dataSync()[0], finalRate: rateOf(model) };
}

/** New callbacks that go on where the ones before were, as after a checkpoint. */
async function interrupt(
  list: tf.CallbackList,
  fresh: ResumableCallback[],
  model: tf.LayersModel,
): Promise<tf.CallbackList> {
  const next = new tf.CallbackList(fresh);
  next.setModel(model);
  await next.onTrainBegin();
  for (const [i, callback] of fresh.entries()) {
    await callback.setState((list.callbacks[i] as unknown as ResumableCallback).getState());
  }
  return next;
}

/** Keras's rates are in single precision. */
function assertSame(received: Result, expected: Result, what: string): void {
  assert.equal(received.lastEpoch, expected.lastEpoch, what);
  assert.equal(received.weight, expected.weight, what);
  const relative = (values: (number | null)[]) => values.map((value) => Math.log(value ?? 1));
  for (const part of ['rates', 'logged'] as const) {
    assertClose(relative(received[part]), relative(expected[part]), 1e-6, `${what} ${part}`);
  }
  assertClose([Math.log(received.finalRate)], [Math.log(expected.finalRate)], 1e-6, what);
}

/** min_delta → minDelta */
function camelCase(args: Record<string, unknown>): Record<string, unknown> {
  const rename = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [rename(name), value]));
}

const casesOf = (name: string): Case[] => vectors.cases.filter(({ callback }: Case) => callback === name);

describe('as in Keras,', () => {
  it('ReduceLROnPlateau', async () => {
    for (const { args, sequence, result } of casesOf('ReduceLROnPlateau')) {
      const what = `${JSON.stringify(args)} on ${sequence}`;
      const make = () => [new ReduceLROnPlateau(camelCase(args))];
      assertSame(await drive(make(), sequences[sequence]), result, what);
      assertSame(await drive(make(), sequences[sequence], { afresh: make }), result, `${what}, interrupted`);
    }
  });

  it('EarlyStopping', async () => {
    for (const { args, sequence, result } of casesOf('EarlyStopping')) {
      const what = `${JSON.stringify(args)} on ${sequence}`;
      const make = () => [new EarlyStopping(camelCase(args))];
      assertSame(await drive(make(), sequences[sequence]), result, what);
      assertSame(await drive(make(), sequences[sequence], { afresh: make }), result, `${what}, interrupted`);
    }
  });

  it('ModelCheckpoint', async () => {
    for (const [number, { args, sequence, result }] of casesOf('ModelCheckpoint').entries()) {
      const place = join(folder, `models-${number}`);
      const make = () => [new ModelCheckpoint(join(place, '{epoch:02d}-{val_loss:.4f}.keras'), camelCase(args))];
      await drive(make(), sequences[sequence], { afresh: number % 2 ? make : undefined });
      const saved = existsSync(place) ? readdirSync(place).sort() : [];
      assert.deepEqual(
        saved.map((name) => name.toLowerCase()),
        result.saved,
        `${JSON.stringify(args)} on ${sequence}`,
      );
    }
  });

  it('LearningRateScheduler, which may look at the rate before', async () => {
    const decay = new LearningRateScheduler((_, rate) => rate * 0.9);
    assertSame(await drive([decay], sequences[0]), vectors.decay, 'decay');
  });

  it("the cifar10_resnet example's two callbacks: the scheduler undoes whatever the other one does", async () => {
    const plateau = new ReduceLROnPlateau({ factor: Math.sqrt(0.1), cooldown: 0, patience: 5, minLr: 0.5e-6 });
    const scheduler = new LearningRateScheduler(lrSchedule);
    const result = await drive([plateau, scheduler], sequences[3], { epochs: 200 });
    assertSame(result, vectors.example, 'example');
    assertClose(
      result.rates,
      result.rates.map((_, epoch) => lrSchedule(epoch)),
      1e-12,
    );
  });

  it('CSVLogger, to the byte', async () => {
    const texts: Record<string, string> = {};
    for (const [name, options] of [
      ['replaced', {}],
      ['appended', { append: true }],
      ['separated', { separator: ';' }],
    ] as const) {
      const path = join(folder, name, 'log.csv');
      for (let training = 0; training < 2; training++) {
        const make = () => [new CSVLogger(path, options)];
        await drive(make(), sequences[0].slice(0, 3), { afresh: training > 0 ? make : undefined });
      }
      texts[name] = readFileSync(path, 'utf8');
    }
    assert.deepEqual(texts, vectors.csv);
  });
});

describe('callbacks', () => {
  it('say what they do when asked to', async () => {
    const log = mock.method(console, 'log', () => {});
    const options = { patience: 2, verbose: 1 } as const;
    await drive(
      [
        new ReduceLROnPlateau({ ...options, patience: 1 }),
        new EarlyStopping({ ...options, restoreBestWeights: true }),
        new LearningRateScheduler((epoch) => 0.1 / (epoch + 1), { verbose: 1 }),
      ],
      [1, 2, 3],
    );
    log.mock.restore();
    assert.deepEqual(
      log.mock.calls.map(({ arguments: [message] }) => message),
      [
        'Epoch 1: LearningRateScheduler setting learning rate to 0.1.',
        'Epoch 2: LearningRateScheduler setting learning rate to 0.05.',
        'Epoch 2: ReduceLROnPlateau reducing learning rate to 0.005000000000000001.',
        'Epoch 3: LearningRateScheduler setting learning rate to 0.03333333333333333.',
        'Epoch 3: ReduceLROnPlateau reducing learning rate to 0.0033333333333333335.',
        'Epoch 3: early stopping',
        'Restoring model weights from the end of the best epoch: 1.',
      ],
    );
  });

  it('warn once about a measure that is not taken', async () => {
    const warn = mock.method(console, 'warn', () => {});
    const callback = new EarlyStopping({ monitor: 'val_accuracy' });
    callback.setModel(makeModel());
    for (let epoch = 0; epoch < 3; epoch++) await callback.onEpochEnd(epoch, { loss: 1, accuracy: 0.5 });
    warn.mock.restore();
    assert.equal(warn.mock.callCount(), 1);
    assert.match(
      `${warn.mock.calls[0].arguments[0]}`,
      /EarlyStopping watches 'val_accuracy', but this training measures loss, accuracy\. .*validation/,
    );
  });

  it("work in TensorFlow.js's own fit, whose accuracy has a short name", async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 2, activation: 'softmax' })] });
    model.compile({ optimizer: sgd(0), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const callbacks = [new EarlyStopping({ monitor: 'val_accuracy', patience: 2 })];
    const [x, y] = [
      tf.ones([4, 2]),
      tf.tensor2d([
        [1, 0],
        [0, 1],
        [1, 0],
        [0, 1],
      ]),
    ];
    const { epoch } = await model.fit(x, y, { epochs: 9, validationData: [x, y], callbacks, verbose: 0 });
    assert.deepEqual(epoch, [0, 1, 2]);
  });

  it('refuse bad arguments', () => {
    assert.throws(() => new ReduceLROnPlateau({ factor: 1 }), /RangeError: factor should be below 1, received 1/);
    assert.throws(() => new EarlyStopping({ monitor: 'speed' }), /RangeError: mode should be 'min' or 'max'.*'speed'/);
    assert.throws(() => new EarlyStopping({ mode: 'most' as 'max' }), /RangeError: mode .*received 'most'/);
    assert.throws(() => new ModelCheckpoint('x', { saveFreq: 0 }), /RangeError: saveFreq .*received 0/);
  });

  it('refuse a rate that is none, and an optimiser without one', async () => {
    const scheduler = new LearningRateScheduler(() => Number.NaN);
    await assert.rejects(drive([scheduler], [1]), /RangeError: A learning rate should be a number .*received NaN/);
    const adadelta = new ReduceLROnPlateau();
    const model = makeModel();
    model.compile({ optimizer: tf.train.adagrad(0.1), loss: 'meanSquaredError' });
    Object.assign(model.optimizer, { learningRate: undefined });
    adadelta.setModel(model);
    await assert.rejects(adadelta.onEpochEnd(0, { val_loss: 1 }), /TypeError: The optimizer should have a numeric/);
  });

  it('CSVLogger leaves a file alone that the training did not write', async () => {
    const [path, other] = [join(folder, 'mine', 'log.csv'), join(folder, 'other.csv')];
    writeFileSync(other, 'x'.repeat(500));
    const afresh = () => [new CSVLogger(other, { append: true })];
    await drive([new CSVLogger(path)], [3, 2], { afresh });
    assert.match(readFileSync(other, 'utf8'), /^x{500}1,/);
  });

  it('CSVLogger goes on when somebody took its file away', async () => {
    const path = join(folder, 'taken', 'log.csv');
    let resumed = 0;
    const afresh = () => {
      resumed += 1;
      if (resumed === 2) rmSync(path);
      return [new CSVLogger(path)];
    };
    await drive([new CSVLogger(path)], [3, 2, 1], { afresh });
    assert.deepEqual(readFileSync(path, 'utf8').split('\r\n').slice(0, 2), [
      'epoch,loss,val_accuracy,val_loss',
      `2,0.5,${1 - 1 / 3},1`,
    ]);
  });

  it('ModelCheckpoint saves the weights alone, which another model takes', async () => {
    const [saved, other] = [resnetV1([32, 32, 3], 8), resnetV1([32, 32, 3], 8)];
    const callback = new ModelCheckpoint(join(folder, '{epoch}.weights.h5'), { saveWeightsOnly: true });
    callback.setModel(saved);
    await callback.onEpochEnd(0, { loss: 1 });
    await loadKerasWeights(other, join(folder, '1.weights.h5'));
    for (const [i, layer] of saved.layers.entries()) {
      const values = (of: tf.LayersModel) => of.layers[i].getWeights().map((weight) => [...weight.dataSync()]);
      assert.deepEqual(values(other), values(saved), layer.name);
    }
    assert.throws(() => new ModelCheckpoint('x.keras', { saveWeightsOnly: true }), /RangeError: .*received x\.keras/);
  });

  it('ModelCheckpoint saves after so many steps, and names a measure that it does not know', async () => {
    let callback = new ModelCheckpoint(join(folder, 'steps', '{epoch}-{batch}'), { saveFreq: 3 });
    callback.setModel(makeModel());
    await callback.onEpochBegin(1);
    for (let batch = 0; batch < 7; batch++) {
      await callback.onBatchEnd(batch, { loss: 1 });
      const state = callback.getState(); // an interruption after every step
      callback = new ModelCheckpoint(join(folder, 'steps', '{epoch}-{batch}'), { saveFreq: 3 });
      callback.setModel(makeModel());
      callback.setState(state);
      await callback.onEpochBegin(1);
    }
    assert.deepEqual(readdirSync(join(folder, 'steps')).sort(), ['2-3', '2-6']);
    const wrong = new ModelCheckpoint(join(folder, '{val_loss:.2f}'));
    wrong.setModel(makeModel());
    await assert.rejects(
      wrong.onEpochEnd(0, { loss: 1 }),
      /RangeError: The path .* names val_loss; there are loss, epoch/,
    );
  });
});
