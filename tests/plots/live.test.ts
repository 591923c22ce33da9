import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  fit,
  holdOut,
  liveHistory,
  loadEmoji10,
  plotProgress,
  runningSignal,
  takeImages,
  tf,
  useBackend,
} from 'resnet-lab';

function smallClassifier(): tf.LayersModel {
  const layers = [
    tf.layers.flatten({ inputShape: [32, 32, 3] }),
    tf.layers.dense({ units: 10, activation: 'softmax' }),
  ];
  return tf.sequential({ layers });
}

const progress = {
  epochs: 4,
  stepsPerEpoch: 10,
  epoch: [0],
  history: { loss: [2], accuracy: [0.3], val_loss: [2.5], val_accuracy: [0.2] },
  steps: { loss: Array.from({ length: 15 }, (_, i) => 3 - i / 10), accuracy: new Array<number>(15).fill(0.5) },
  learningRate: 0.001,
};

describe('plotProgress', () => {
  it('tells epoch, step, learning rate and the time that is left', () => {
    const { layout, description } = plotProgress({ ...progress, state: 'running', secondsLeft: 75 }, 'ResNet-8');
    const words = 'ResNet-8: epoch 2 of 4, step 5 of 10, learning rate 0.001, 1 min 15 s left';
    assert.equal((layout.title as { text: string }).text, words);
    assert.equal(description, `${words}; loss of the last step 1.600, validation accuracy 0.200.`);
    const title = (more: object) => plotProgress({ ...progress, state: 'running', ...more }).description.split(';')[0];
    assert.match(title({ state: 'stopped' }), /stopped in epoch 2 of 4, step 5 of 10/);
    assert.match(title({ state: 'ended' }), /15 steps done/);
    assert.match(title({ secondsLeft: 8000 }), /2 h 13 min left/);
    assert.match(title({ secondsLeft: 59.7 }), /1 min 0 s left/);
  });

  it('draws steps and epochs over the same epochs, with a hundred and fifty points of steps at most', () => {
    const { data, layout } = plotProgress({ ...progress, state: 'running' });
    assert.deepEqual(
      data.map(({ name, xaxis, x }) => [name, xaxis, (x as number[]).at(-1)]),
      [
        ['steps', 'x', 1.5],
        ['training', 'x', 1],
        ['validation', 'x', 1],
        ['steps', 'x2', 1.5],
        ['training', 'x2', 1],
        ['validation', 'x2', 1],
      ],
    );
    const range = (figure: { layout: Record<string, unknown> }) => (figure.layout.xaxis as { range: number[] }).range;
    assert.deepEqual(range({ layout }), [0, 2], 'the curve fills at least half of it');
    const steps4 = { loss: new Array<number>(31).fill(1), accuracy: [] };
    assert.deepEqual(range(plotProgress({ ...progress, epochs: 20, steps: steps4, state: 'running' })), [0, 4]);
    assert.deepEqual(range(plotProgress({ ...progress, epochs: 3, steps: steps4, state: 'running' })), [0, 3]);
    const long = { ...progress, steps: { loss: Array.from({ length: 1000 }, (_, i) => i), accuracy: [] } };
    const steps = plotProgress({ ...long, stepsPerEpoch: 1000, state: 'running' }).data[0];
    assert.ok((steps.y as number[]).length <= 150);
    assert.equal((steps.y as number[])[0], 3, 'the mean of 0 to 6');
  });
});

describe('liveHistory', () => {
  const printed = (mock: { calls: { arguments: unknown[] }[] }) => mock.calls.map((call) => String(call.arguments[0]));

  it('prints a line for each epoch where there is no notebook, from fit', async (t) => {
    await useBackend('cpu');
    const log = t.mock.method(console, 'log', () => {});
    const { train } = await loadEmoji10();
    const { train: few, validation } = holdOut(takeImages(train, 12), 0.34, 1);
    const model = smallClassifier();
    const live = liveHistory('small');
    await fit(model, few, { epochs: 2, batchSize: 4, seed: 1, validation, callbacks: [live] });
    const lines = printed(log.mock);
    assert.match(lines[0], /^small: epoch 1 of 2, step 0 of 2, learning rate 0.001\.$/);
    assert.match(lines.at(-1) ?? '', /^small: 4 steps done.*validation accuracy/);
    // The next call goes on with more epochs, and shows that it begins anew.
    await fit(model, few, { epochs: 1, batchSize: 4, seed: 1, callbacks: [live] });
    assert.match(printed(log.mock).at(-1) ?? '', /: 2 steps done/);
  });

  it("understands TensorFlow.js's own model.fit", async (t) => {
    const log = t.mock.method(console, 'log', () => {});
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await model.fit(tf.zeros([10, 2]), tf.zeros([10, 1]), {
      epochs: 2,
      batchSize: 5,
      verbose: 0,
      callbacks: liveHistory(),
    });
    assert.match(printed(log.mock).at(-1) ?? '', /: 4 steps done, learning rate 0.01; loss of the last step 0/);
  });

  it('knows where a training began that did not begin at its first epoch', async (t) => {
    const log = t.mock.method(console, 'log', () => {});
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const data = [tf.zeros([10, 2]), tf.zeros([10, 1])];
    await model.fit(data[0], data[1], {
      initialEpoch: 3,
      epochs: 5,
      batchSize: 5,
      verbose: 0,
      callbacks: liveHistory(),
    });
    const lines = printed(log.mock);
    assert.match(lines[1], /epoch 5 of 5, step 0 of 2/);
    assert.equal(lines.length, 4, 'the beginning, two epochs, the end');
  });

  it('tells that a training was stopped, also between two steps', async (t) => {
    await useBackend('cpu');
    const log = t.mock.method(console, 'log', () => {});
    const few = takeImages((await loadEmoji10()).train, 8);
    const model = smallClassifier();
    const controller = new AbortController();
    const plug = { onBatchEnd: () => void setImmediate(() => controller.abort()) };
    await fit(model, few, { batchSize: 2, seed: 1, signal: controller.signal, callbacks: [liveHistory(), plug] });
    assert.match(printed(log.mock).at(-1) ?? '', /stopped in epoch 1 of 1, step 1 of 4/);
  });

  it('shows what was before an interruption', async (t) => {
    await useBackend('cpu');
    const log = t.mock.method(console, 'log', () => {});
    const few = takeImages((await loadEmoji10()).train, 8);
    const model = smallClassifier();
    const controller = new AbortController();
    const plug = { onBatchEnd: () => controller.abort() };
    const options = { epochs: 2, batchSize: 2, seed: 1 };
    await fit(model, few, { ...options, signal: controller.signal, callbacks: [plug] });
    await fit(model, few, { ...options, callbacks: [{}, liveHistory()] });
    assert.match(printed(log.mock)[0], /epoch 1 of 2, step 1 of 4/);
    assert.match(printed(log.mock).at(-1) ?? '', /: 8 steps done/);
  });
});

describe("a notebook's stop button", () => {
  it('stops fit at the next step, tells so, and the same call goes on', async (t) => {
    await useBackend('cpu');
    const log = t.mock.method(console, 'log', () => {});
    const few = takeImages((await loadEmoji10()).train, 64);
    const model = smallClassifier();
    const controller = new AbortController();
    const host = globalThis as { [key: symbol]: unknown };
    host[Symbol.for('resnet-lab.signal')] = controller.signal;
    t.after(() => {
      Reflect.deleteProperty(host, Symbol.for('resnet-lab.signal'));
    });
    assert.equal(runningSignal(), controller.signal);
    const press = { onBatchEnd: (step: number) => step === 1 && controller.abort() };
    const { steps } = await fit(model, few, { batchSize: 16, seed: 1, callbacks: [press as object] });
    assert.equal(steps.loss.length, 2);
    const told = String(log.mock.calls.at(-1)?.arguments[0]);
    assert.match(
      told,
      /^Stopped in epoch 1 after 2 of 4 steps\. The weights are kept: `fit` with the same model goes on/,
    );
    Reflect.deleteProperty(host, Symbol.for('resnet-lab.signal'));
    assert.equal((await fit(model, few, { batchSize: 16, seed: 1, callbacks: [{}] })).steps.loss.length, 4);
  });
});
