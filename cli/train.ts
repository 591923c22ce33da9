// npm run train: trains a ResNet in a terminal and ends with its accuracy on the test images.
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import {
  adam,
  CSVLogger,
  evaluate,
  fit,
  holdOut,
  loadDataset,
  preprocess,
  resnetV1,
  setRandomSeed,
  takeImages,
  type tf,
  useBackend,
} from 'resnet-lab';
import { checkCount } from 'resnet-lab/dist/checks';
import { CHANNELS, SIDE } from 'resnet-lab/dist/data/records';
import { main } from './main';

const USAGE = `npm run train -- [options]
  --data cifar10|emoji10|auto   the images (auto)
  --depth 6n+2                  layers with weights (20)
  --limit N                     train on the first N images only
  --epochs N                    times through the images (1)
  --batch N                     images a step (32)
  --rate R                      Adam's learning rate (0.001)
  --validation F                fraction held out to watch the training by, 0 for none (0.1)
  --no-augment                  neither shifts nor flips
  --checkpoint FOLDER           keeps the training there: the same command goes on with it
  --log FILE                    a line of measures after each epoch (CSV)
  --seed N                      of everything that is random (0)`;

const OPTIONS = {
  data: { type: 'string', default: 'auto' },
  depth: { type: 'string', default: '20' },
  limit: { type: 'string' },
  epochs: { type: 'string', default: '1' },
  batch: { type: 'string', default: '32' },
  rate: { type: 'string', default: '0.001' },
  validation: { type: 'string', default: '0.1' },
  'no-augment': { type: 'boolean', default: false },
  checkpoint: { type: 'string' },
  log: { type: 'string' },
  seed: { type: 'string', default: '0' },
  help: { type: 'boolean', default: false },
} as const;

/** Both data sets have images of this shape in ten classes. */
const IMAGE_SHAPE: [number, number, number] = [SIDE, SIDE, CHANNELS];

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  const number = (name: 'depth' | 'limit' | 'epochs' | 'batch' | 'rate' | 'seed' | 'validation') => {
    const value = Number(values[name]);
    if (values[name] === '' || !Number.isFinite(value)) {
      throw new RangeError(`--${name} should be a number, received '${values[name]}'.`);
    }
    return value;
  };
  const count = (name: 'limit' | 'epochs' | 'batch') => {
    const value = number(name);
    checkCount(`--${name}`, value);
    return value;
  };
  return {
    ...values,
    depth: number('depth'),
    epochs: count('epochs'),
    batch: count('batch'),
    rate: number('rate'),
    seed: number('seed'),
    validation: number('validation'),
    limit: values.limit === undefined ? undefined : count('limit'),
  };
}

main(async () => {
  const options = readOptions();
  if (options.help) return console.log(USAGE);
  setRandomSeed(options.seed);
  const backend = await useBackend();
  console.log(`Backend ${backend.name} on ${backend.device}, threads: ${backend.threads}.`);
  const model = resnetV1(IMAGE_SHAPE, options.depth); // a wrong depth is told before anything is fetched
  const dataset = await loadDataset(options.data as 'auto');
  const images = options.limit === undefined ? dataset.train : takeImages(dataset.train, options.limit);
  // The test images are for the end alone.
  const { train, validation } =
    options.validation === 0 ? { train: images } : holdOut(images, options.validation, options.seed);
  console.log(
    `ResNet-${options.depth}, ${model.countParams().toLocaleString('en')} parameters, ${train.labels.length} images and ${validation?.labels.length ?? 0} held out.`,
  );

  const start = performance.now();
  const bar = progressBar(options.epochs, Math.ceil(train.labels.length / options.batch));
  const signal = stopSignal();
  const { steps } = await fit(model, train, {
    epochs: options.epochs,
    batchSize: options.batch,
    optimizer: adam(options.rate),
    preprocess: preprocess.pixelMean(train),
    augment: !options['no-augment'],
    validation,
    seed: options.seed,
    callbacks: [bar.callback, ...(options.log ? [new CSVLogger(options.log)] : [])],
    checkpoint: options.checkpoint,
    signal,
  }).finally(bar.stop);
  if (signal.aborted) {
    const again = options.checkpoint ? 'The same command goes on from here.' : 'Nothing is kept without --checkpoint.';
    console.log(`Stopped after ${steps.loss.length.toLocaleString('en')} steps. ${again}`);
    process.exitCode = 130;
    return;
  }
  const seconds = (performance.now() - start) / 1000;
  const result = await evaluate(model, dataset.test, { signal }).catch((error) => {
    if (!signal.aborted) throw error;
  });
  if (!result) {
    console.log(
      `The training is finished. ${options.checkpoint ? 'The same command measures it.' : 'Nothing is kept without --checkpoint.'}`,
    );
    process.exitCode = 130;
    return;
  }
  const { accuracy, loss } = result;
  const tested = dataset.test.labels.length.toLocaleString('en');
  console.log(
    `Trained for ${seconds.toFixed(1)} s. Test accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)} (${tested} images).`,
  );
});

/** Ctrl-C and SIGTERM stop the training after its step; the second time they end the process as usual. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

/** A bar for each epoch with the mean loss and accuracy so far, and a line after it. To be stopped in any case. */
function progressBar(epochs: number, steps: number): { callback: tf.CustomCallbackArgs; stop: () => void } {
  const format = 'Epoch {epoch} {bar} {value}/{total} steps | {eta_formatted} left | loss {loss} accuracy {accuracy}';
  const bar = new SingleBar({ format, stream: process.stdout, linewrap: true }, Presets.shades_classic);
  let mean = { loss: 0, accuracy: 0 };
  let seen = 0;
  const text = () => ({ loss: mean.loss.toFixed(3), accuracy: mean.accuracy.toFixed(3) });
  const callback: tf.CustomCallbackArgs = {
    onEpochBegin: async (epoch) => {
      mean = { loss: 0, accuracy: 0 };
      seen = 0; // steps: fewer than there were when a training goes on in the middle of an epoch
      bar.start(steps, 0, { epoch: `${epoch + 1}/${epochs}`, ...text() });
    },
    onBatchEnd: async (batch, logs = {}) => {
      seen += 1;
      mean = {
        loss: mean.loss + (logs.loss - mean.loss) / seen,
        accuracy: mean.accuracy + (logs.accuracy - mean.accuracy) / seen,
      };
      bar.update(batch + 1, text());
    },
    onEpochEnd: async (epoch, logs = {}) => {
      bar.stop();
      const values = Object.entries(logs).map(([name, value]) => `${name} ${value.toFixed(4)}`);
      console.log(`Epoch ${epoch + 1}/${epochs}: ${values.join(', ')}`);
    },
  };
  return { callback, stop: () => bar.stop() };
}
