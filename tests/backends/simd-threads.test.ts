// How many threads the simd backend computes with.
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { afterEach, describe, it } from 'node:test';
import { type BackendName, useBackend } from 'resnet-lab';
import { runScript } from '../helpers/child';

afterEach(() => {
  delete process.env.RESNET_THREADS;
});

/** Prints the threads, the workers among them, and the losses of some training steps. */
const TRAINING = `
  const { threads } = await lab.useBackend(BACKEND);
  const workers = tf.backend().pool?.workers.length;
  lab.setRandomSeed(1);
  const inputs = tf.input({ shape: [9, 9, 3] });
  const layers = lab.resnetLayer(lab.resnetLayer(inputs, { numFilters: 16 }), { numFilters: 16 });
  const pooled = tf.layers.globalAveragePooling2d({}).apply(layers);
  const outputs = tf.layers.dense({ units: 4, activation: 'softmax', kernelInitializer: 'ones' }).apply(pooled);
  const model = tf.model({ inputs, outputs });
  model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
  const x = tf.randomNormal([4, 9, 9, 3], 0, 1, 'float32', 1);
  const y = tf.oneHot(tf.range(0, 4, 1, 'int32'), 4);
  const losses = [];
  for (let step = 0; step < 3; step++) losses.push(await model.trainOnBatch(x, y));
  console.log(JSON.stringify({ threads, workers, losses }));`;

async function train(threads: string, backend: BackendName = 'simd') {
  const script = TRAINING.replace('BACKEND', JSON.stringify(backend));
  const { code, stdout, stderr } = await runScript(script, { threads });
  assert.deepEqual([code, stderr], [0, ''], `RESNET_THREADS=${threads}`);
  return JSON.parse(stdout) as { threads: number; workers?: number; losses: number[] };
}

describe('RESNET_THREADS', () => {
  it('should be a whole number of at least 1, for any backend that would use it', async () => {
    for (const backend of ['simd', 'auto'] as const) {
      for (const wrong of ['0', '-1', '1.5', 'many', '2 threads']) {
        process.env.RESNET_THREADS = wrong;
        const complaint = /^RangeError: RESNET_THREADS should be a whole number of at least 1, received /;
        await assert.rejects(useBackend(backend), complaint, `${backend}, ${wrong}`);
      }
    }
  });

  it('is the number of threads that compute, with the same results; without it all processors do', async () => {
    const expected = await train('', 'cpu');
    for (const threads of ['1', '4', '']) {
      const { losses, ...counts } = await train(threads);
      const count = Number(threads) || availableParallelism();
      assert.deepEqual(counts, { threads: count, workers: count - 1 });
      losses.forEach((loss, i) => {
        assert.ok(Math.abs(loss - expected.losses[i]) < 1e-4, `${losses}, cpu ${expected.losses}`);
      });
    }
  });
});
