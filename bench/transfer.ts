// node scripts/run.mjs bench/transfer.ts --help: what the same images teach a ResNet from scratch, a new head on VGG16's frozen
// features, and VGG16 whose last block learns with it. Accuracy against time; ends with a table, and keeps it as JSON.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  adam,
  cosineDecay,
  evaluate,
  extractFeatures,
  type FeatureSplit,
  type FitOptions,
  fit,
  freeze,
  loadDataset,
  oneCycle,
  preprocess,
  type Run,
  recordRun,
  resnetV1,
  type Split,
  saveKerasWeights,
  selectImages,
  setRandomSeed,
  sgd,
  splitModel,
  takeImages,
  tf,
  transferDense,
  transferGap,
  useBackend,
  vgg16,
} from 'resnet-lab';
import { main } from '../cli/main';

const USAGE = `node scripts/run.mjs bench/transfer.ts [options]
  --data cifar10|emoji10|auto   the images (auto)
  --images N                    of the training images, the first N (50000); a tenth of them is held out for the curves
  --tests N                     of the test images, the first N (10000)
  --depth 6n+2                  of the ResNet from scratch (20)
  --scratch N                   its epochs (6)
  --head N                      epochs of the heads on frozen features (30)
  --tune N                      epochs of the last block (4)
  --keep FOLDER                 keeps weights and transfer.json there (runs/transfer)`;

const OPTIONS = {
  data: { type: 'string', default: 'auto' },
  images: { type: 'string', default: '50000' },
  tests: { type: 'string', default: '10000' },
  depth: { type: 'string', default: '20' },
  scratch: { type: 'string', default: '6' },
  head: { type: 'string', default: '30' },
  tune: { type: 'string', default: '4' },
  keep: { type: 'string', default: join('runs', 'transfer') },
  help: { type: 'boolean', default: false },
} as const;

const HELD_OUT = 0.1;
const BATCH_SIZE = 128;
const SCRATCH_RATE = 0.1;
const HEAD_RATE = 1e-3;
/** A tenth: larger steps shake what ImageNet taught the block. */
const TUNE_RATE = 1e-4;

const softmax = (x: tf.SymbolicTensor) =>
  tf.layers.dense({ units: 10, activation: 'softmax' }).apply(x) as tf.SymbolicTensor;

interface Parts<S> {
  train: S;
  held: S;
  test: S;
}

interface Row extends Run {
  testAccuracy: number;
}

async function learn<S extends Split | FeatureSplit>(
  run: Run & tf.CustomCallbackArgs,
  model: tf.LayersModel,
  { train, held, test }: Parts<S>,
  options: FitOptions,
): Promise<Row> {
  const tell: tf.CustomCallbackArgs = {
    onEpochEnd: async () => {
      const { seconds, accuracy } = run.points[run.points.length - 1];
      console.log(`${run.name}: ${seconds.toFixed(1)} s, held out ${accuracy.toFixed(4)}`);
    },
  };
  await fit(model, train, { ...options, batchSize: BATCH_SIZE, validation: held, seed: 0, callbacks: [run, tell] });
  const { accuracy } = await evaluate(model, test);
  console.log(`${run.name}: test ${accuracy.toFixed(4)}`);
  return { name: run.name, points: run.points, testAccuracy: accuracy };
}

const secondsOf = ({ points }: Run) => points[points.length - 1].seconds;

/** The features of all parts, none from an earlier run, and the seconds that those of the training images took. */
async function extract<S extends Split | FeatureSplit>(base: tf.LayersModel, parts: Parts<S>) {
  const cacheDir = mkdtempSync(join(tmpdir(), 'transfer-'));
  try {
    const start = performance.now();
    const train = await extractFeatures(base, parts.train, { cacheDir });
    const seconds = (performance.now() - start) / 1000;
    const held = await extractFeatures(base, parts.held, { cacheDir });
    const test = await extractFeatures(base, parts.test, { cacheDir });
    return { features: { train, held, test }, seconds };
  } finally {
    rmSync(cacheDir, { recursive: true });
  }
}

main(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(USAGE);
  const keep = values.keep;
  mkdirSync(keep, { recursive: true });
  const backend = await useBackend();
  console.log(`Backend ${backend.name} on ${backend.device}, threads: ${backend.threads}.`);
  const dataset = await loadDataset(values.data as 'auto');
  const images = takeImages(dataset.train, Number(values.images));
  const count = images.labels.length - Math.round(images.labels.length * HELD_OUT);
  const indices = Uint32Array.from(images.labels.keys());
  const parts: Parts<Split> = {
    train: selectImages(images, indices.subarray(0, count)),
    held: selectImages(images, indices.subarray(count)),
    test: takeImages(dataset.test, Number(values.tests)),
  };
  const rows: Row[] = [];

  setRandomSeed(0);
  const base = await vgg16({ inputShape: [32, 32, 3] });
  const dense = transferDense(base, 10);
  freeze(base);
  const lower = splitModel(dense, 'block4_pool');
  const upper = splitModel(lower.head, 'block5_pool');
  const block4 = await extract(lower.base, parts);
  const block5 = await extract(upper.base, block4.features);
  const extraction = block4.seconds + block5.seconds;
  console.log(`features of ${count} images: ${extraction.toFixed(1)} s`);

  const [headEpochs, tuneEpochs, scratchEpochs] = [values.head, values.tune, values.scratch].map(Number);
  const heads = {
    'frozen VGG16, softmax alone': tf.model({
      inputs: base.inputs,
      outputs: softmax(tf.layers.flatten().apply(base.outputs) as tf.SymbolicTensor),
    }),
    'frozen VGG16, transferGap': transferGap(base, 10),
    'frozen VGG16, transferDense': dense,
  };
  for (const [name, model] of Object.entries(heads)) {
    const { head } = splitModel(model, 'block5_pool');
    const schedule = cosineDecay({ initialLearningRate: HEAD_RATE, decayEpochs: headEpochs });
    const options = { epochs: headEpochs, optimizer: adam(HEAD_RATE), schedule };
    rows.push(await learn(recordRun(name, extraction), head, block5.features, options));
  }

  freeze(base, 'block5_conv1');
  const before = secondsOf(rows[rows.length - 1]);
  rows.push(
    await learn(recordRun('VGG16, block 5 fine-tuned', before), lower.head, block4.features, {
      epochs: tuneEpochs,
      optimizer: adam(TUNE_RATE),
      schedule: oneCycle({ maxLearningRate: TUNE_RATE, epochs: tuneEpochs }),
    }),
  );
  await saveKerasWeights(dense, join(keep, 'fine-tuned.weights.h5'));

  setRandomSeed(0);
  const resnet = resnetV1([32, 32, 3], Number(values.depth));
  rows.unshift(
    await learn(recordRun(`ResNet-${values.depth} from scratch`), resnet, parts, {
      epochs: scratchEpochs,
      optimizer: sgd(SCRATCH_RATE, { momentum: 0.9, nesterov: true }),
      schedule: oneCycle({ maxLearningRate: SCRATCH_RATE, epochs: scratchEpochs }),
      preprocess: preprocess.pixelMean(parts.train),
      augment: true,
    }),
  );
  await saveKerasWeights(resnet, join(keep, `resnet${values.depth}.weights.h5`));

  console.log('\n| method | training | accuracy, test |\n|---|---|---|');
  for (const row of rows) {
    console.log(`| ${row.name} | ${secondsOf(row).toFixed(0)} s | ${(100 * row.testAccuracy).toFixed(2)} % |`);
  }
  const about = {
    command: ['node scripts/run.mjs bench/transfer.ts', ...process.argv.slice(2)].join(' '),
    date: new Date().toISOString().slice(0, 10),
    machine: `${backend.name} on ${backend.device}, threads: ${backend.threads}`,
    data: {
      name: dataset.name,
      archive: dataset.source.official ? 'official' : `not the official one, SHA-256 ${dataset.source.sha256}`,
      train: count,
      heldOut: parts.held.labels.length,
      test: parts.test.labels.length,
    },
  };
  writeFileSync(join(keep, 'transfer.json'), `${JSON.stringify({ ...about, rows }, null, 2)}\n`);
});
