// npm run evaluate: the accuracy of a trained ResNet on the test images, here and, with --keras, in real Keras as well.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluate, loadDataset, loadKerasWeights, resnetV1, type Split, useBackend } from 'resnet-lab';
import { packedValues } from 'resnet-lab/dist/data/packed';
import { CHANNELS, SIDE } from 'resnet-lab/dist/data/records';
import { PRETRAINED_NAMES, type PretrainedName, pretrainedFile } from 'resnet-lab/dist/models/pretrained';
import { main } from './main';

const USAGE = `npm run evaluate -- [options]
  --model NAME|FILE.weights.h5  ${PRETRAINED_NAMES.join(' or ')}, trained here on CIFAR-10, or a file of weights (resnet20)
  --depth 6n+2                  of the network whose weights are in FILE (20)
  --data cifar10|emoji10|auto   whose test images (auto)
  --keras                       real Keras measures the same file on the same images, too`;

const OPTIONS = {
  model: { type: 'string', default: 'resnet20' },
  depth: { type: 'string', default: '20' },
  data: { type: 'string', default: 'auto' },
  keras: { type: 'string' }, // scripts/evaluate.mjs puts its Python there
  help: { type: 'boolean', default: false },
} as const;

const KERAS_SCRIPT = join('distributed', 'evaluate.py');

/** What both sides measure. */
interface Measured {
  accuracy: number;
  loss: number;
  seconds: number;
}

main(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(USAGE);
  const { file, depth } = await weightsOf(values.model, Number(values.depth));
  const model = resnetV1([SIDE, SIDE, CHANNELS], depth);
  await loadKerasWeights(model, file);
  const backend = await useBackend();
  const { test } = await loadDataset(values.data as 'auto');
  const start = performance.now();
  const { accuracy, loss } = await evaluate(model, test);
  tell(
    `ResNet-${depth}, backend ${backend.name}`,
    { accuracy, loss, seconds: (performance.now() - start) / 1000 },
    test,
  );
  if (values.keras === undefined) return;
  const { version, ...measured } = measureInKeras(values.keras, file, depth, test);
  tell(`ResNet-${depth}, Keras ${version}`, measured, test);
});

async function weightsOf(model: string, depth: number): Promise<{ file: string; depth: number }> {
  if (!model.endsWith('.h5')) return pretrainedFile(model as PretrainedName);
  if (existsSync(model)) return { file: model, depth };
  throw new RangeError(
    `--model should be ${PRETRAINED_NAMES.join(' or ')} or a file of weights; there is no file ${model}.`,
  );
}

function tell(who: string, { accuracy, loss, seconds }: Measured, { labels }: Split): void {
  const right = Math.round(accuracy * labels.length).toLocaleString('en');
  console.log(
    `${who}: accuracy ${accuracy.toFixed(4)} (${right} of ${labels.length.toLocaleString('en')} test images), loss ${loss.toFixed(4)}, ${seconds.toFixed(1)} s.`,
  );
}

/** The images travel as bytes: both sides see the same, wherever they came from. */
function measureInKeras(python: string, file: string, depth: number, { images, labels }: Split) {
  const folder = mkdtempSync(join(tmpdir(), 'evaluate-'));
  try {
    const [imageFile, labelFile] = ['images.bin', 'labels.bin'].map((name) => join(folder, name));
    writeFileSync(imageFile, packedValues(images));
    writeFileSync(labelFile, labels);
    const options = { weights: file, depth: String(depth), images: imageFile, labels: labelFile };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    const output = execFileSync(python, [KERAS_SCRIPT, ...args], { encoding: 'utf8' });
    return JSON.parse(output.trim().split('\n').at(-1) as string) as Measured & { version: string };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
