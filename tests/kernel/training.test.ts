// A training that is interrupted in the kernel: it stops, its weights are kept, the next cell runs, the same call goes on.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { printed, type Result, runCells, type Step, shown } from '../helpers/jupyter';

const interrupted = (code: string): Step => ({ code, interrupt: { printed: 'go', after: 1 } });
const GO = "callbacks: [{ onBatchEnd: (step: number) => { if (step === 0) console.log('go'); } }]";
const FIT = `await fit(model, images, { epochs: 3, seed: 1, ${GO} })`;

const cells = {
  define: `import { fit, loadDataset, predict, resnetV1, setRandomSeed, takeImages, tf, useBackend } from 'resnet-lab';
await useBackend('simd');
const images = takeImages((await loadDataset('emoji10')).train, 1200);
setRandomSeed(1);
const model = resnetV1([32, 32, 3], 8);
const whole = resnetV1([32, 32, 3], 8);
whole.setWeights(model.getWeights());
const differing = () => model.getWeights().filter((w, i) => w.dataSync().join() !== whole.getWeights()[i].dataSync().join()).length;`,
  train: interrupted(`const history = ${FIT};\nhistory.steps.loss.length`),
  after:
    '[history.steps.loss.length < 114, differing() > 0, model.getWeights().every((w) => w.dataSync().every(Number.isFinite))]',
  goOn: `const goneOn = ${FIT};\ngoneOn.steps.loss.length`,
  uninterrupted: `const other = await fit(whole, images, { epochs: 3, seed: 1 });
[differing(), JSON.stringify(other.steps) === JSON.stringify(goneOn.steps)]`,
  loop: interrupted(`for (;;) ${FIT};`),
  own: interrupted(`model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
const x = tf.zeros([320, 32, 32, 3]);
const y = tf.oneHot(tf.zeros([320], 'int32'), 10);
const theirs = await model.fit(x, y, { epochs: 1000, verbose: 0, ${GO} });
theirs.epoch.length < 1000`),
  ownAfter:
    'const { numTensors } = tf.memory();\nawait new Promise((resolve) => setTimeout(resolve, 500));\n(model as any).isTraining',
  predicting: interrupted("console.log('go');\nfor (;;) await predict(model, images.images);"),
  last: '6 * 7',
};

describe('a training in the kernel', () => {
  let results: Record<keyof typeof cells, Result>;
  before(async () => {
    results = await runCells(cells);
  });

  it('stops after a step, tells where, and goes on to the end of its cell', () => {
    assert.equal(results.train.reply.status, 'ok', JSON.stringify(results.train.reply));
    assert.match(printed(results.train), /Stopped in epoch \d after \d+ of 38 steps\. The weights are kept/);
    assert.ok(Number(shown(results.train)) > 0);
  });

  it('has kept its weights when the next cell runs', () => {
    assert.equal(shown(results.after), '[ true, true, true ]');
  });

  it('goes on with the same call, and ends like one that was never interrupted', () => {
    assert.equal(shown(results.goOn), '114');
    assert.equal(shown(results.uninterrupted), '[ 0, true ]');
  });

  it('is not begun again by a loop around it', () => {
    assert.equal(results.loop.reply.ename, 'Interrupted');
  });

  it("stops as TensorFlow.js's own model.fit too", () => {
    assert.equal(shown(results.own), 'true', JSON.stringify(results.own.reply));
    assert.equal(shown(results.ownAfter), 'false');
  });

  it('leaves the kernel ready, also after a prediction that was interrupted', () => {
    assert.equal(results.predicting.reply.ename, 'Interrupted');
    assert.equal(shown(results.last), '42');
  });
});
