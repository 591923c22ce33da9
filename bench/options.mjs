// What the command line asks for.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { checkPython } from './peers.mjs';
import { WORKS } from './works.mjs';

const BACKENDS = 'simd,wasm,tensorflow,tensorflow-stock,webgpu';

export const USAGE = `npm run bench -- [options]
  --keras PYTHON      measures Keras on TensorFlow too, with this Python interpreter
  --torch PYTHON      measures PyTorch too, with this Python interpreter
  --backends A,B,…    backends of TensorFlow.js; the first that loads is compared with all others (${BACKENDS});
                      tensorflow-stock is tfjs-node without this project's speed-ups
  --gpu               lets TensorFlow, Keras and PyTorch compute on a CUDA GPU
  --only WORK,…       some of ${Object.keys(WORKS).join(', ')}
  --quick             short and few rounds: tells whether everything runs, and only roughly how fast
  --rounds N          rounds of each speed (7)
  --limit S           leaves out a peer whose step takes more than S seconds (20)
  --avx2              Keras and PyTorch as on a processor without AVX-512
  --scaling           also how time grows with depth, batch and threads
  --markdown          tables in Markdown
  --json FILE         writes all that was measured to FILE`;

const OPTIONS = {
  keras: { type: 'string' },
  torch: { type: 'string' },
  backends: { type: 'string', default: BACKENDS },
  gpu: { type: 'boolean', default: false },
  only: { type: 'string', default: Object.keys(WORKS).join() },
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  limit: { type: 'string', default: '20' },
  avx2: { type: 'boolean', default: false },
  scaling: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
};

/** Reads and checks everything before anything is measured. */
export function readOptions(args) {
  const { values } = parseArgs({ options: OPTIONS, args });
  if (values.help) return values;
  const works = values.only.split(',');
  const unknown = works.find((name) => !Object.hasOwn(WORKS, name));
  if (unknown !== undefined) {
    throw new RangeError(`--only should name some of ${Object.keys(WORKS).join(', ')}, received '${unknown}'.`);
  }
  const limit = Number(values.limit);
  if (!(limit > 0)) throw new RangeError(`--limit should be a number of seconds above 0, received '${values.limit}'.`);
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 7));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(`--rounds should be a whole number of at least 1, received '${values.rounds}'.`);
  }
  if (values.json !== undefined && !existsSync(dirname(values.json))) {
    throw new Error(`--json should name a file in a folder that exists, received '${values.json}'.`);
  }
  for (const option of ['keras', 'torch']) if (values[option] !== undefined) checkPython(option, values[option]);
  return {
    ...values,
    works,
    limit,
    backends: values.backends.split(','),
    rounds: { step: rounds, memory: values.quick ? 1 : 3, start: values.quick ? 1 : 5 },
    turn: values.quick ? 0.5 : 2,
  };
}
