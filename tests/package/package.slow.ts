// The package as somebody else gets it: packed, installed with npm into an empty folder outside the repository, used there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import * as lab from 'resnet-lab';
import { temporaryFolder } from '../helpers/folder';
import { npm } from '../helpers/npm';

const LIBRARY = join(__dirname, '..', '..', 'lib');
const THREADS = '2'; // so that there is a worker
const folder = realpathSync(temporaryFolder());
const cache = join(folder, 'cache');
const env = { ...process.env, RESNET_THREADS: THREADS, XDG_CACHE_HOME: cache, LOCALAPPDATA: cache };

interface Packed {
  filename: string;
  size: number;
  files: { path: string }[];
}

interface Result {
  name: string;
  threads: number;
  images: number;
  loss: number[];
  accuracy: number;
}

function run(program: string, args: string[], cwd: string) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** What a script of the consumer prints, as JSON; a warning is a failure too, for a lost thread is one. */
function consume(...args: string[]) {
  const { status, stdout, stderr } = run(process.execPath, args, folder);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

describe('the package', () => {
  let packed: Packed;
  before(() => {
    [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], LIBRARY, env));
    cpSync(join(__dirname, 'consumer'), folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true }\n');
    npm(['install', `./${packed.filename}`, '--no-audit', '--no-fund', '--ignore-scripts'], folder, env);
  });

  it('holds what the library needs at run time, its licences, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    const others = paths.filter((path) => !/^dist\/[\w/-]+\.(js|d\.ts)$/.test(path));
    assert.deepEqual(others.sort(), [
      'LICENSE',
      'README.md',
      'dist/backends/simd/kernels-fused.wasm',
      'dist/backends/simd/kernels.wasm',
      'dist/data/README.md',
      'dist/data/emoji10/emoji-10-binary.tar.gz',
      'dist/data/pretrained/README.md',
      'dist/data/pretrained/resnet20.weights.h5',
      'dist/data/pretrained/resnet8.weights.h5',
      'package.json',
    ]);
    for (const path of paths.filter((path) => path.endsWith('.js')))
      assert.ok(paths.includes(path.replace(/js$/, 'd.ts')), path);
    assert.ok(packed.size < 9e6, `it has ${packed.size} bytes`); // Emoji-10 7.2 MB, trained weights 1.5 MB
  });

  const results: Result[] = [];
  for (const program of ['program.cjs', 'program.mjs']) {
    it(`trains and evaluates in ${program}`, () => {
      const { file, ...result } = consume(program);
      assert.equal(file, join(folder, 'node_modules', 'resnet-lab', 'dist', 'index.js'));
      assert.deepEqual([result.name, result.threads, result.images, result.loss.length], ['simd', 2, 5000, 3]);
      assert.ok(result.loss.every((loss: number) => loss > 0) && result.accuracy >= 0);
      results.push(result);
    });
  }

  it('is one library, imported and required in one process', () => {
    const { first, second, backend, names, missing } = consume('both.mjs');
    assert.equal(backend, 'simd');
    assert.deepEqual(names.sort(), Object.keys(lab).sort());
    assert.deepEqual(missing, []);
    assert.deepEqual([first, second], results, 'the same training wherever it runs');
  });

  it('keeps CIFAR-10 in the cache folder of the user', { skip: process.platform === 'darwin' }, () => {
    const code = "console.log(JSON.stringify(require('resnet-lab/dist/paths').cacheFolder()))";
    assert.equal(consume('--eval', code), join(cache, 'resnet-lab'));
  });

  const require = createRequire(__filename);
  const compilers = {
    'TypeScript 7': join(require.resolve('typescript/package.json'), '..', 'bin', 'tsc'),
    "tslab's TypeScript 5.0": createRequire(require.resolve('tslab/package.json')).resolve(
      '@tslab/typescript-for-tslab/bin/tsc',
    ),
  };
  for (const [compiler, resolution, ...files] of [
    ['TypeScript 7', 'node16', 'use.mts', 'use.cts'],
    ['TypeScript 7', 'nodenext', 'use.mts', 'use.cts'],
    ["tslab's TypeScript 5.0", 'node16', 'use.mts', 'use.cts'],
    ["tslab's TypeScript 5.0", 'node10', 'use.ts'],
  ] as const) {
    it(`has declarations for ${compiler} with ${resolution}, strictly and without skipping any`, () => {
      const module = resolution === 'node10' ? 'commonjs' : resolution;
      const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--pretty', 'false', '--listFiles'];
      const target = ['--target', 'es2022', '--module', module, '--moduleResolution', resolution];
      const { stdout } = run(process.execPath, [compilers[compiler], ...options, ...target, ...files], folder);
      const lines = stdout.split(/\r?\n/);
      // TensorFlow.js's declarations have errors of their own, and so have others that it brings.
      const ours = /^(use\.|node_modules\/resnet-lab\/|error )/;
      assert.deepEqual(
        lines.filter((line) => line.includes('error TS') && ours.test(line)),
        [],
      );
      assert.ok(
        lines.some((line) => line.endsWith('node_modules/resnet-lab/dist/training/fit.d.ts')),
        stdout.slice(0, 1000),
      );
    });
  }
});
