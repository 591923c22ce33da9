// node scripts/run.mjs bench/ablations.ts --help: short trainings that differ from the recipe `fast` in one thing each, to
// choose its ingredients. They are compared on held-out images; the test images are not looked at.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  adam,
  CSVLogger,
  cosineDecay,
  fit,
  holdOut,
  KERAS_AUGMENTATION,
  loadDataset,
  preprocess,
  resnetV1,
  type Split,
  setRandomSeed,
  sgd,
  takeImages,
  useBackend,
} from 'resnet-lab';
import { main } from '../cli/main';
import { fitOptions, RECIPES, type Recipe } from '../cli/recipes';

const USAGE = `node scripts/run.mjs bench/ablations.ts [options]
  --data cifar10|emoji10|auto   the images (auto)
  --images N                    of the training images, the first N (50000); a tenth of them is held out
  --depth 6n+2                  of the networks (8)
  --epochs N                    of each training (10)
  --only NAME                   this row alone; may be repeated
  --seed N                      of everything that is random (0)
  --keep FOLDER                 keeps checkpoints and logs there: the same command goes on (runs/ablations)`;

const OPTIONS = {
  data: { type: 'string', default: 'auto' },
  images: { type: 'string', default: '50000' },
  depth: { type: 'string', default: '8' },
  epochs: { type: 'string', default: '10' },
  only: { type: 'string', multiple: true, default: [] as string[] },
  seed: { type: 'string', default: '0' },
  keep: { type: 'string', default: join('runs', 'ablations') },
  help: { type: 'boolean', default: false },
} as const;

const HELD_OUT = 0.1;

/** What each row has instead of the recipe's own. */
const CHANGES: Record<string, { text: string; change: Partial<Recipe> }> = {
  fast: { text: 'the recipe', change: {} },
  'rate-0.05': { text: 'highest rate 0.05', change: { rate: 0.05 } },
  'rate-0.1': { text: 'highest rate 0.1', change: { rate: 0.1 } },
  'rate-0.4': { text: 'highest rate 0.4', change: { rate: 0.4 } },
  cosine: {
    text: 'half a cosine after one epoch of warm-up',
    change: {
      schedule: (rate, epochs) =>
        cosineDecay({ initialLearningRate: 0, warmupTarget: rate, warmupEpochs: 1, decayEpochs: epochs - 1 }),
    },
  },
  'plain-momentum': {
    text: "momentum without Nesterov's",
    change: { optimizer: (rate) => sgd(rate, { momentum: 0.9 }) },
  },
  adam: { text: 'Adam, highest rate 0.005', change: { optimizer: adam, rate: 0.005 } },
  'batch-64': { text: '64 images a step, highest rate 0.1', change: { batchSize: 64, rate: 0.1 } },
  blurred: { text: "Keras's shifts, between pixels too", change: { augmentation: KERAS_AUGMENTATION } },
  'no-augmentation': { text: 'neither shifts nor flips', change: { augmentation: undefined } },
};

interface Training {
  train: Split;
  validation: Split;
  depth: number;
  epochs: number;
  seed: number;
  folder: string;
}

/** Loss, training accuracy and held-out accuracy of the last epoch. */
async function learn(recipe: Recipe, { train, validation, depth, epochs, seed, folder }: Training) {
  setRandomSeed(seed);
  const model = resnetV1([32, 32, 3], depth);
  const { history } = await fit(model, train, {
    ...fitOptions(recipe, epochs),
    preprocess: preprocess.pixelMean(train),
    validation,
    seed,
    callbacks: [new CSVLogger(`${folder}.csv`)],
    checkpoint: folder,
  });
  return [history.loss, history.accuracy, history.val_accuracy].map((values) => values[values.length - 1]);
}

main(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(USAGE);
  const unknown = values.only.find((name) => !Object.hasOwn(CHANGES, name));
  if (unknown !== undefined) {
    throw new RangeError(`--only should be one of ${Object.keys(CHANGES).join(', ')}, received '${unknown}'.`);
  }
  const [depth, epochs, seed] = [values.depth, values.epochs, values.seed].map(Number);
  const backend = await useBackend();
  console.log(`Backend ${backend.name} on ${backend.device}, threads: ${backend.threads}.`);
  const dataset = await loadDataset(values.data as 'auto');
  const { train, validation } = holdOut(takeImages(dataset.train, Number(values.images)), HELD_OUT, seed);
  mkdirSync(values.keep, { recursive: true });
  const rows: string[] = [];
  for (const [name, { text, change }] of Object.entries(CHANGES)) {
    if (values.only.length > 0 && !values.only.includes(name)) continue;
    const folder = join(values.keep, name);
    const [loss, accuracy, heldOut] = await learn(
      { ...RECIPES.fast, ...change },
      { train, validation, depth, epochs, seed, folder },
    );
    rows.push(`| ${text} | ${loss.toFixed(3)} | ${(100 * accuracy).toFixed(2)} % | ${(100 * heldOut).toFixed(2)} % |`);
    console.log(rows[rows.length - 1]);
  }
  console.log(
    `\n| ResNet-${depth}, ${epochs} epochs | loss | training | held out |\n|---|---|---|---|\n${rows.join('\n')}`,
  );
});
