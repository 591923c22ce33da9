// node bench/soak.mjs [--steps N] [--depth D] [--batch B]: does a long training stay as fast and as small as it began? fit with
// augmentation and checkpoints; a line for every tenth of the steps, then the last hundred against the first.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { adam, fit, loadEmoji10, preprocess, resnetV1, setRandomSeed, tf, useBackend } from 'resnet-lab';
import { command, setup } from '../scripts/setup.mjs';
import { summary } from './statistics.mjs';

const OPTIONS = {
  steps: { type: 'string', default: '2000' },
  depth: { type: 'string', default: '20' },
  batch: { type: 'string', default: '32' },
};
/** Steps that a throughput is taken over, and those before the first, in which V8 compiles. */
const WINDOW = 100;
const WARM_UP = 20;
const CHECKPOINT_SECONDS = 10;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`.padStart(11);

/**
 * A fixed piece of work on all threads: a machine that others use too changes its pace by a fifth from one minute to the
 * next, and only what the training costs in such pieces tells whether it has become slower itself.
 */
async function yardstick(matrix) {
  const start = performance.now();
  const product = tf.tidy(() => tf.matMul(tf.matMul(matrix, matrix), matrix));
  await product.data();
  product.dispose();
  return performance.now() - start;
}

/** Memory once garbage is collected. */
function memory() {
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed, tensors: tf.memory().numTensors };
}

await command(async () => {
  setup();
  const { values } = parseArgs({ options: OPTIONS });
  const [steps, depth, batchSize] = [values.steps, values.depth, values.batch].map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  try {
    const backend = await useBackend();
    console.log(`ResNet-${depth}, batch ${batchSize}, ${steps} steps on ${backend.name}, ${backend.threads} threads`);
    setRandomSeed(0);
    const { train } = await loadEmoji10();
    const stepsPerEpoch = Math.ceil(train.labels.length / batchSize);
    const controller = new AbortController();
    const times = []; // of each step, ms
    const gaps = []; // between two steps, checkpoints among them
    const yardsticks = []; // one after each step
    const matrix = tf.randomUniform([384, 384], -0.05, 0.05, 'float32', 1);
    const memories = [];
    let [before, ended] = [0, 0];
    const watch = {
      onBatchBegin: () => {
        before = performance.now();
        if (ended > 0) gaps.push(before - ended);
      },
      onBatchEnd: async () => {
        times.push(performance.now() - before);
        yardsticks.push(await yardstick(matrix));
        if (times.length % (steps / 10) === 0 || times.length === WARM_UP)
          memories.push({ step: times.length, ...memory() });
        if (times.length === steps) controller.abort();
        ended = performance.now();
      },
    };
    await fit(resnetV1([32, 32, 3], depth), train, {
      epochs: Math.ceil(steps / stepsPerEpoch),
      batchSize,
      optimizer: adam(),
      preprocess: preprocess.pixelMean(train),
      augment: true,
      seed: 0,
      callbacks: [watch],
      signal: controller.signal,
      checkpoint: join(folder, 'run'),
      checkpointSeconds: CHECKPOINT_SECONDS,
    });
    console.log('   step | images/s | per yardstick | resident set |   JavaScript | tensors');
    for (const { step, rss, heapUsed, tensors } of memories) {
      const recent = (values) => summary(values.slice(Math.max(0, step - WINDOW), step)).median;
      const pace = (recent(yardsticks) / recent(times)) * batchSize;
      console.log(
        `${String(step).padStart(7)} | ${((1000 * batchSize) / recent(times)).toFixed(0).padStart(8)} | ${pace.toFixed(2).padStart(13)} | ${megabytes(rss)}  | ${megabytes(heapUsed)}  | ${tensors}`,
      );
    }
    const sum = (values) => values.reduce((total, value) => total + value, 0);
    const [first, last] = [WARM_UP, steps - WINDOW].map((from) => {
      const total = (values) => sum(values.slice(from, from + WINDOW));
      return { time: total(times), cost: total(times) / total(yardsticks) };
    });
    const change = (measure) => `${(100 * (first[measure] / last[measure] - 1)).toFixed(1)} %`;
    console.log(
      `Throughput of the last ${WINDOW} steps against the first ${WINDOW} after ${WARM_UP}: ${change('time')} by the clock, ${change('cost')} by the machine's own pace.`,
    );
    const share = (100 * sum(gaps)) / (sum(gaps) + sum(times));
    console.log(
      `Between the steps, checkpoints every ${CHECKPOINT_SECONDS} s and at the ends of epochs among them: ${share.toFixed(2)} % of the time, ${Math.max(...gaps).toFixed(0)} ms at most.`,
    );
    matrix.dispose();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
