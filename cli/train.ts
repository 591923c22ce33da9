// npm run train: trains a ResNet in a terminal and ends with its accuracy on the test images.
import { parseArgs } from 'node:util';
import {
  CSVLogger,
  evaluate,
  fit,
  holdOut,
  loadDataset,
  loadKerasWeights,
  ModelCheckpoint,
  preprocess,
  resnetV1,
  setRandomSeed,
  takeImages,
  useBackend,
} from 'resnet-lab';
import { checkCount } from 'resnet-lab/dist/checks';
import { CHANNELS, SIDE } from 'resnet-lab/dist/data/records';
import { main } from './main';
import { progressBar } from './progress';
import { fitOptions, RECIPES, type Recipe, type RecipeName } from './recipes';
import { Stopwatch } from './stopwatch';

const USAGE = `npm run train -- [options]
  --recipe plain|fast|keras     how to train (plain): plain is Adam at 0.001, batch 32, one epoch; fast is 45 epochs
                                of SGD with one cycle, batch 128; keras is the cifar10_resnet example's 200 epochs
  --data cifar10|emoji10|auto   the images (auto)
  --depth 6n+2                  layers with weights (20)
  --limit N                     train on the first N images only
  --epochs N                    times through the images (the recipe's)
  --batch N                     images a step (the recipe's)
  --rate R                      highest learning rate (the recipe's)
  --validation F                fraction held out to watch the training by, 0 for none (0.1)
  --no-augment                  neither shifts nor flips
  --checkpoint FOLDER           keeps the training there: the same command goes on with it
  --save FILE.weights.h5        keeps the weights, for Keras too: of the epoch that is best on the held-out images,
                                or of the last where none are held out; the test images are for what is kept
  --log FILE                    a line of measures after each epoch (CSV)
  --seed N                      of everything that is random (0)`;

const OPTIONS = {
  recipe: { type: 'string', default: 'plain' },
  data: { type: 'string', default: 'auto' },
  depth: { type: 'string', default: '20' },
  limit: { type: 'string' },
  epochs: { type: 'string' },
  batch: { type: 'string' },
  rate: { type: 'string' },
  validation: { type: 'string', default: '0.1' },
  'no-augment': { type: 'boolean', default: false },
  checkpoint: { type: 'string' },
  save: { type: 'string' },
  log: { type: 'string' },
  seed: { type: 'string', default: '0' },
  help: { type: 'boolean', default: false },
} as const;

/** Both data sets have images of this shape in ten classes. */
const IMAGE_SHAPE: [number, number, number] = [SIDE, SIDE, CHANNELS];

function readRecipe(name: string): Recipe {
  if (Object.hasOwn(RECIPES, name)) return RECIPES[name as RecipeName];
  throw new RangeError(`--recipe should be one of ${Object.keys(RECIPES).join(', ')}, received '${name}'.`);
}

type NumberName = 'depth' | 'limit' | 'epochs' | 'batch' | 'rate' | 'seed' | 'validation';

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  const recipe = readRecipe(values.recipe); // whatever it says, an option says more
  const number = (name: NumberName, ofRecipe?: number): number => {
    const given = values[name];
    if (given === undefined && ofRecipe !== undefined) return ofRecipe;
    const value = Number(given);
    if (given === '' || !Number.isFinite(value)) {
      throw new RangeError(`--${name} should be a number, received '${given}'.`);
    }
    return value;
  };
  const count = (name: NumberName, ofRecipe?: number) => {
    const value = number(name, ofRecipe);
    checkCount(`--${name}`, value);
    return value;
  };
  return {
    ...values,
    recipe: {
      ...recipe,
      epochs: count('epochs', recipe.epochs),
      batchSize: count('batch', recipe.batchSize),
      rate: number('rate', recipe.rate),
      augmentation: values['no-augment'] ? undefined : recipe.augmentation,
    },
    depth: number('depth'),
    seed: number('seed'),
    validation: number('validation'),
    limit: values.limit === undefined ? undefined : count('limit'),
  };
}

main(async () => {
  const options = readOptions();
  if (options.help) return console.log(USAGE);
  const { recipe, save } = options;
  const keep = save === undefined ? undefined : keeper(save, options.validation > 0);
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

  const stopwatch = new Stopwatch();
  const bar = progressBar(recipe.epochs, Math.ceil(train.labels.length / recipe.batchSize));
  const signal = stopSignal();
  const {
    steps,
    history: { val_accuracy: heldOut },
  } = await fit(model, train, {
    ...fitOptions(recipe),
    preprocess: preprocess.pixelMean(train),
    validation,
    seed: options.seed,
    callbacks: [stopwatch, bar.callback, ...(options.log ? [new CSVLogger(options.log)] : []), ...(keep ? [keep] : [])],
    checkpoint: options.checkpoint,
    signal,
  }).finally(bar.stop);
  if (signal.aborted) {
    const again = options.checkpoint ? 'The same command goes on from here.' : 'Nothing is kept without --checkpoint.';
    console.log(`Stopped after ${steps.loss.length.toLocaleString('en')} steps. ${again}`);
    process.exitCode = 130;
    return;
  }
  const { seconds } = stopwatch;
  if (save !== undefined) {
    await loadKerasWeights(model, save);
    console.log(`${save} has the weights of epoch ${bestEpoch(heldOut) ?? recipe.epochs}.`);
  }
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

/** The first that is best on the held-out images, counted from 1. */
function bestEpoch(accuracies?: number[]): number | undefined {
  return accuracies && accuracies.indexOf(Math.max(...accuracies)) + 1;
}

/** Keeps the weights that are best on the held-out images, or without any the last. */
function keeper(file: string, isHeldOut: boolean): ModelCheckpoint {
  return new ModelCheckpoint(file, { monitor: 'val_accuracy', saveBestOnly: isHeldOut, saveWeightsOnly: true });
}

/** Ctrl-C and SIGTERM stop the training after its step; the second time they end the process as usual. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
