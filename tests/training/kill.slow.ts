// Real processes, killed with SIGKILL at random instants of their training: what resumes ends bit for bit as if nothing
// had happened. The table that it prints says what was being written at each instant.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sha256 } from '../helpers/archives';
import { temporaryFolder } from '../helpers/folder';

const KILLS = 20;
const ROOT = join(__dirname, '..', '..');
const root = temporaryFolder();

/** Trains ResNet-8 with everything that has a state, a checkpoint after every step, and prints a digest of all results. */
const TRAINING = `
const lab = require('resnet-lab');
const { createHash } = require('node:crypto');
(async () => {
  const [folder] = process.argv.slice(1);
  await lab.useBackend('simd');
  const split = lab.takeImages((await lab.loadEmoji10()).train, 200);
  lab.setRandomSeed(1);
  const model = lab.resnetV1([32, 32, 3], 8);
  const history = await lab.fit(model, split, {
    epochs: 6,
    batchSize: 20,
    seed: 4,
    optimizer: lab.adam(1e-3),
    schedule: lab.cosineDecay({ initialLearningRate: 2e-3, decayEpochs: 6 }),
    preprocess: lab.preprocess.pixelMean(split),
    augment: true,
    validation: 0.2,
    callbacks: [new lab.EarlyStopping({ patience: 9, restoreBestWeights: true }), new lab.CSVLogger(folder + '.csv'), { onTrainBegin() { console.log('training'); } }],
    checkpoint: folder,
    checkpointSeconds: 0,
  });
  const hash = createHash('sha256').update(JSON.stringify(history)).update(require('node:fs').readFileSync(folder + '.csv'));
  for (const weight of model.getWeights()) hash.update(new Uint8Array((await weight.data()).buffer));
  for (const { tensor } of await model.optimizer.getWeights()) hash.update(new Uint8Array((await tensor.data()).buffer));
  console.log('steps', history.steps.loss.length, 'digest', hash.digest('hex'));
})();
`;

interface Run {
  /** From the first step on. */
  milliseconds: number;
  signal: NodeJS.Signals | null;
  output: string;
}

/** When to kill: so many milliseconds after the first step, or from then on in the next write, so far into it. */
interface Instant {
  milliseconds: number;
  intoWrite?: number;
}

/** Runs the training, and kills it at an instant. */
function train(folder: string, instant?: Instant): Promise<Run> {
  const child = spawn(process.execPath, ['-e', TRAINING, folder], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  let [start, output] = [0, ''];
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  const killThen = () => {
    if (instant?.intoWrite === undefined) return kill();
    const { intoWrite } = instant;
    watcher = watch(folder, (_, name) => {
      if (name?.endsWith('.part')) setTimeout(kill, intoWrite);
    });
    return watcher;
  };
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  child.stdout.on('data', (chunk) => {
    if (start === 0 && instant) timer = setTimeout(killThen, instant.milliseconds);
    start ||= performance.now();
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      clearTimeout(timer); // a training may end before its instant
      watcher?.close();
      resolve({ milliseconds: performance.now() - start, signal, output });
    });
  });
}

/** What the killed process was about, by what it left. */
function traces(folder: string): string {
  if (!existsSync(folder)) return 'nothing, it was starting';
  const names = readdirSync(folder).sort();
  const whole = names.filter((name) => /^checkpoint-\d+$/.test(name));
  const part = names.find((name) => name.endsWith('.part'));
  if (part === undefined) return whole.length === 0 ? 'nothing yet' : `nothing, after ${whole.at(-1)}`;
  const files = readdirSync(join(folder, part));
  const isOld = whole.some((name) => `${name}.part` > part);
  if (isOld) return `removing ${part} (${files.length} files left)`;
  return `writing ${part} (${files.length} of 5 files${files.includes('SHA256SUMS') ? ', whole' : ''})`;
}

describe('a training that is killed', () => {
  it(`at ${KILLS} random instants ends as one that is not`, async () => {
    const whole = await train(join(root, 'whole'));
    assert.match(whole.output, /^training\nsteps 48 digest [0-9a-f]{64}\n$/);
    const rows: string[] = [];
    let writes = 0;
    for (let trial = 0; trial < KILLS; trial++) {
      const folder = join(root, `${trial}`);
      const milliseconds = Math.round(0.8 * whole.milliseconds * Math.random());
      const instant = { milliseconds, intoWrite: trial % 2 ? Math.round(3 * Math.random()) : undefined };
      const killed = await train(folder, instant);
      const what = traces(folder);
      if (/^(writing|removing)/.test(what)) writes += 1;
      const resumed = await train(folder);
      const outcome = resumed.output === whole.output ? 'identical' : resumed.output;
      const when = `${Math.round(killed.milliseconds)} ms${instant.intoWrite === undefined ? '' : ', in a write'}`;
      rows.push(`${when.padEnd(20)} | ${killed.signal ?? 'ended before'} | ${what} | ${outcome}`);
    }
    console.log(`\ninstant | process | what was being written | after resuming\n${rows.join('\n')}`);
    console.log(
      `${writes} of ${KILLS} instants fell into a write; the digest is ${sha256(Buffer.from(whole.output)).slice(0, 12)}`,
    );
    for (const row of rows) assert.match(row, /identical$/);
    assert.ok(writes > 0, 'some instant falls into a write');
    assert.deepEqual(readdirSync(join(root, 'whole')).length, 2);
    assert.ok(readFileSync(join(root, 'whole.csv'), 'utf8').length > 0);
  });
});
