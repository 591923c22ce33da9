// What students may hand in for assignment 01-data, and what each must get of its 24 points. Unless a submission says
// otherwise, its other answers are right; those to task 1 are worth 2 points, those to task 3 are worth 3.
import { type Notebook, withoutCells, withSources } from './notebook';

export interface Submission {
  /** The notebook that is handed in, made of the one that was given out. */
  make(given: Notebook): Notebook;
  points: number;
  /** What the teacher is told beside the score. */
  remark?: RegExp;
  /** Whether it takes as long to go wrong as the machine is slow. */
  isSlow?: boolean;
}

/** What the submissions that leave their folder try to reach; the tests make it. */
export interface Targets {
  /** A file that exists. */
  file: string;
  /** The assignment with its solutions. */
  solutions: string;
  /** A port of this machine that answers every connection with the function that is asked for. */
  port: number;
}

/** Right answers, none of them written like the solution, and none calling another. */
const ANSWERS = {
  byteOffset:
    'const byteOffset = (...[c, y, x]: number[]) => [1024, 32, 1].reduce((sum, n, i) => sum + n * [c, y, x][i], 1);',
  readRecord: `
import ndarray from 'ndarray';

function readRecord(bytes: Uint8Array, index: number) {
  const start = 3073 * index;
  if (bytes[start + 3072] === undefined) throw new RangeError(\`no record \${index} in \${bytes.length} bytes\`);
  const planes = ndarray(bytes.slice(start + 1, start + 3073), [3, 32, 32]).transpose(1, 2, 0);
  const pixels = new Uint8Array(3072);
  pixels.forEach((_, i) => {
    pixels[i] = planes.get(Math.trunc(i / 96), Math.trunc(i / 3) % 32, i % 3);
  });
  return { label: bytes[start], pixels };
}`,
  mirror: `
import { tf } from 'resnet-lab';

const mirror = (pixels: Uint8Array) =>
  tf.tidy(() => Uint8Array.from(tf.reverse(tf.tensor3d(pixels, [32, 32, 3], 'int32'), 1).dataSync()));`,
  holdOutPerClass: `
function holdOutPerClass(labels: Uint8Array, fraction: number, random: () => number) {
  const keyed = [...labels].map((label, index) => ({ label, index, key: random() })).sort((a, b) => a.key - b.key);
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const taken = new Map<number, number>();
  const [train, validation]: number[][] = [[], []];
  for (const { label, index } of keyed) {
    const before = taken.get(label) ?? 0;
    taken.set(label, before + 1);
    (before < Math.round(fraction * (sizes.get(label) as number)) ? validation : train).push(index);
  }
  return { train, validation };
}`,
  augment: `
import { tf as tensors } from 'resnet-lab';

type Crop = Record<'top' | 'left', number> & { mirrored: boolean };

function augment(pixels: Uint8Array, crop: Crop): Uint8Array {
  if (![0, 1, 2, 3, 4, 5, 6, 7, 8].includes(crop.top) || ![0, 1, 2, 3, 4, 5, 6, 7, 8].includes(crop.left))
    throw new RangeError(\`no such corner: \${crop.top}, \${crop.left}\`);
  return tensors.tidy(() => {
    const image = tensors.tensor3d(pixels, [32, 32, 3], 'int32');
    const turned = crop.mirrored ? tensors.reverse(image, [1]) : image;
    const padded = tensors.pad(turned, [[4, 4], [4, 4], [0, 0]]);
    return Uint8Array.from(tensors.slice(padded, [crop.top, crop.left, 0], [32, 32, 3]).dataSync());
  });
}

function drawAugmentation(random: () => number): Crop {
  const n = Math.floor(random() * 162);
  return { top: n % 9, left: Math.floor(n / 9) % 9, mirrored: n >= 81 };
}`,
};

const answers = (given: Notebook, others: Partial<typeof ANSWERS> = {}) =>
  withSources(given, { ...ANSWERS, ...others });

/** All answers are right but the one to task 1, which does this before it gives the right number. */
const first = (statements: string) => (given: Notebook) =>
  answers(given, {
    byteOffset: `function byteOffset(channel: number, row: number, column: number): number {
  ${statements}
  return 1 + 1024 * channel + 32 * row + column;
}`,
  });

/** A mirror that mirrors nothing gets 1 of 1 visible and, as twice nothing is nothing, 0.66 of 2 hidden points. */
const NO_MIRROR = 'const mirror = (pixels: Uint8Array) => pixels.slice();';

/** The submissions, by the name of the student; `solved` is the assignment's own solution. */
export function submissions(solved: Notebook, { file, solutions, port }: Targets): Record<string, Submission> {
  return {
    solution: { make: () => solved, points: 24 },
    'another-solution': { make: answers, points: 24 },
    blank: { make: (given) => given, points: 0 },
    // Task 1 without the channel: 1 of 1 and ¼ of 1. Task 3: all 3. Task 5: no RangeError, so ⅔ of 3; nothing drawn
    // is ever mirrored, so ⅗ of 5.
    'partly-right': {
      make: (given) =>
        withSources(given, {
          byteOffset: 'const byteOffset = (channel: number, row: number, column: number) => 1 + 32 * row + column;',
          mirror: ANSWERS.mirror,
          augment: ANSWERS.augment.replace(/ {2}if [^;]*;/, '').replace('* 162', '* 81'),
        }),
      points: 1 + 0.25 + 3 + 2 + 3,
    },
    'type-error': {
      make: (given) => answers(given, { byteOffset: "function byteOffset(): number {\n  return 'one';\n}" }),
      points: 22,
    },
    exception: { make: first('(undefined as unknown as number[]).push(1);'), points: 22 },
    'endless-loop': { make: first('while (true) {}'), points: 22 },
    // The cell never ends, so what it declares never comes to be.
    'endless-loop-after-await': {
      make: (given) =>
        answers(given, {
          byteOffset: `await new Promise((go) => setTimeout(go, 10));\nwhile (true) {}\n${ANSWERS.byteOffset}`,
        }),
      points: 22,
    },
    stderr: { make: first("console.error('here'); process.stderr.write('and here');"), points: 24 },
    'deleted-check': {
      make: (given) => withoutCells(answers(given, { mirror: NO_MIRROR }), ['check-mirror', 'hidden-mirror']),
      points: 21 + 1 + 0.66,
    },
    'edited-check': {
      make: (given) =>
        withSources(answers(given, { mirror: NO_MIRROR }), { 'check-mirror': '1', 'hidden-mirror': '2' }),
      points: 21 + 1 + 0.66,
    },
    // What was deleted comes back, but for the answer to task 5, whose 8 points are lost.
    'deleted-task': {
      make: (given) =>
        withoutCells(answers(given), [
          'setup',
          'random',
          'check-holdOutPerClass',
          'augment',
          'check-augment',
          'hidden-augment',
        ]),
      points: 24 - 8,
    },
    // What the visible checks ask for, and nothing else: the visible point of task 1 alone.
    'hard-coded': {
      make: (given) =>
        answers(given, { byteOffset: 'const byteOffset = (...at: number[]) => (at[1] === 1 ? 33 : 1);' }),
      points: 22 + 1,
    },
    'out-of-memory': {
      make: first('const kept: Float64Array[] = [];\n  while (true) kept.push(new Float64Array(2 ** 22).fill(1));'),
      points: 22,
      remark: /more than 3 GiB of memory/,
      isSlow: true, // a slow machine fills 2 GiB in 10 seconds
    },
    'ends-the-kernel': { make: first('process.exit(0);'), points: 22, remark: /the kernel ended/ },
    'many-processes': {
      make: first("for (let i = 0; i < 200; i++) require('node:child_process').spawn('sleep', ['60']);"),
      points: 22,
      remark: /more than 64 processes/,
    },
    'prints-endlessly': {
      make: (given) =>
        answers(given, {
          byteOffset: `for (;;) {\n  console.log('x'.repeat(1e6));\n  await new Promise((go) => setImmediate(go));\n}`,
        }),
      points: 22,
    },
    'fills-memory-with-files': {
      make: first(`const { writeFileSync } = require('node:fs');
  let written = 0;
  for (const folder of ['', '/dev', '/dev/shm']) {
    try {
      for (let i = 0; i < 12; i++, written += 2 ** 25) writeFileSync(\`\${folder}/\${i}\`, Buffer.alloc(2 ** 25));
    } catch {}
  }
  if (written <= 2 ** 28) throw new Error(\`Only \${written} bytes were written.\`);`),
      points: 22,
    },
    'fills-the-disk': {
      make: first(`const { dirname } = require('node:path');
  const shared = dirname(process.argv.find((each) => each.endsWith('kernel.json')));
  for (let i = 0; ; i++) require('node:fs').writeFileSync(\`\${shared}/\${i % 8}\`, Buffer.alloc(2 ** 22));`),
      points: 22,
      remark: /more than 16 MiB where the kernel's sockets lie/,
    },
    'writes-outside': {
      make: first(`require('node:fs').writeFileSync(${JSON.stringify(file)}, 'changed');`),
      points: 22,
    },
    'reads-solutions': {
      make: (given) =>
        answers(given, {
          byteOffset: `import { readFileSync } from 'node:fs';
const { cells } = JSON.parse(readFileSync(${JSON.stringify(solutions)}, 'utf8'));
const solution = cells.find((cell: { id: string }) => cell.id === 'byteOffset').source.join('');
const byteOffset = new Function('channel', 'row', 'column', solution.slice(solution.indexOf('{') + 1, solution.lastIndexOf('}')));`,
        }),
      points: 22,
    },
    'asks-the-network': {
      make: (given) =>
        answers(given, {
          byteOffset: `import { connect } from 'node:net';
const body = await new Promise<string>((resolve, reject) => {
  connect(${port}, '127.0.0.1').on('error', reject).on('data', (data) => resolve(String(data)));
});
const byteOffset = new Function('channel', 'row', 'column', body);`,
        }),
      points: 22,
    },
  };
}
