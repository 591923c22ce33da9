// node scripts/run.mjs cli/embed.ts --help: puts a trained network into data/pretrained, where loadPretrained finds it.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figureSvg, loadKerasWeights, plotHistory, resnetV1, saveModel } from 'resnet-lab';
import { CHANNELS, SIDE } from 'resnet-lab/dist/data/records';
import { sha256 } from 'resnet-lab/dist/files/atomic';
import { readLog } from './log';
import { main } from './main';

const USAGE = `node scripts/run.mjs cli/embed.ts NAME --weights FILE.weights.h5 --log FILE.csv
  NAME     resnet20, or another depth
  --weights, --log  what npm run train wrote with --save and --log
Writes to data/pretrained the weights for Keras and for TensorFlow.js, the log and its curves, and says which hash
belongs into lib/models/pretrained.ts.`;

const FOLDER = join('data', 'pretrained');

main(async () => {
  const { values, positionals } = parseArgs({
    options: { weights: { type: 'string' }, log: { type: 'string' }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [name] = positionals;
  const { weights, log } = values;
  if (values.help || !name || !weights || !log) return console.log(USAGE);
  for (const [option, given] of Object.entries({ weights, log })) {
    if (!existsSync(given))
      throw new RangeError(`--${option} should be a file that npm run train wrote; there is no ${given}.`);
  }
  const depth = Number(/^resnet(\d+)$/.exec(name)?.[1]);
  const model = resnetV1([SIDE, SIDE, CHANNELS], depth);
  await loadKerasWeights(model, weights);
  const history = readLog(log);
  const file = join(FOLDER, `${name}.weights.h5`);
  copyFileSync(weights, file);
  copyFileSync(log, join(FOLDER, `${name}.csv`));
  await saveModel(model, join(FOLDER, name));
  writeFileSync(join(FOLDER, `${name}.svg`), figureSvg(plotHistory(history, `ResNet-${depth} on CIFAR-10`)));
  console.log(`${file}: SHA-256 ${sha256(readFileSync(file))}`);
});
