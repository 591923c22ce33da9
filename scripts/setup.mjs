// Installs and builds what is missing, and nothing else: npm packages, the Python environment, lib/dist, the renderer.
// Every command of package.json comes through here first; with nothing missing it only compares hashes.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkNode, findPython } from './requirements.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [SCRIPTS, ENDING] = process.platform === 'win32' ? ['Scripts', '.exe'] : ['bin', ''];

/** The path of a program of a Python environment. */
export const venv = (program, folder = '.venv') => join(ROOT, folder, SCRIPTS, `${program}${ENDING}`);

/** The path of a package's program that Node runs. */
export const bin = (path) => join(ROOT, 'node_modules', path);

/** Runs a program in the repository root and throws, naming it, unless it succeeds; `stdout` may be 'ignore'. */
export function run(program, args, what, stdout = 'inherit') {
  const shell = program.endsWith('.cmd'); // Windows runs batch files through its shell only
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: ['inherit', stdout, 'inherit'], shell });
  if (error) throw new Error(`${what} failed: ${program} could not be started (${error.message}).`);
  if (status !== 0) throw new Error(`${what} failed: ${program} ended with ${status}; its messages stand above.`);
}

/** How npm is called: the one that runs this script, or the one of the path. */
export function npmCommand() {
  const program = process.env.npm_execpath; // set by every `npm run`
  return program ? [process.execPath, program] : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

export function npm(args, what, stdout) {
  const [program, ...first] = npmCommand();
  run(program, [...first, ...args], what, stdout);
}

/** Runs a program in the repository root in this process's place; gives its exit status. */
export function replaceBy(program, args, env = process.env) {
  const child = spawn(program, args, { cwd: ROOT, env, stdio: 'inherit' });
  process.on('SIGINT', () => {}); // Ctrl-C reaches the child by itself, which may ask before it stops
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 1 : code));
  });
}

/** Does `work` unless it was done for this very `key`; the stamp is written last, so a broken try is made again. */
function once(stamp, key, work) {
  const hash = createHash('sha256').update(key).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  rmSync(stamp, { force: true });
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

function installPackages() {
  once(join(ROOT, 'node_modules', '.setup'), readFileSync(join(ROOT, 'package-lock.json')), () => {
    console.log('Installing npm packages …');
    npm(['ci', '--no-fund', '--no-audit'], 'Installing npm packages');
  });
}

/** A Python environment in `folder` with the packages of the requirements, for the arguments of pip. */
function installPython(folder, files, args, what) {
  const key = files.map((path) => readFileSync(path, 'utf8')).join();
  const stamp = join(ROOT, folder, '.setup');
  if (!existsSync(venv('python', folder))) rmSync(stamp, { force: true }); // its Python was removed or upgraded
  once(stamp, key, () => {
    const [python, ...pythonArgs] = findPython();
    console.log(`Installing ${what} into ${folder} …`);
    run(python, [...pythonArgs, '-m', 'venv', '--clear', folder], `Creating ${folder}`);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    run(venv('python', folder), [...pip, ...args], `Installing ${what}`);
  });
}

function installJupyter() {
  const [wanted, pinned] = ['requirements.txt', 'constraints.txt'].map((name) => join(ROOT, 'jupyter', name));
  installPython('.venv', [wanted, pinned], ['-r', wanted, '-c', pinned], 'JupyterLab');
}

/** Keras on JAX, which only `npm run distribute` and the slow tests need; its Python. */
export function installKeras() {
  const wanted = join(ROOT, 'distributed', 'requirements.txt');
  installPython('.venv-keras', [wanted], ['-r', wanted], 'Keras and JAX');
  return venv('python', '.venv-keras');
}

/**
 * What the package `resnet-lab` carries from the rest of the repository. The build copies it, not a script of `npm pack`:
 * .npmrc lets none run, and a package without its data would be made without a word.
 */
const PACKAGED = [
  ['LICENSE', 'lib/LICENSE'],
  ['data/README.md', 'lib/dist/data/README.md'],
  ['data/emoji10/emoji-10-binary.tar.gz', 'lib/dist/data/emoji10/emoji-10-binary.tar.gz'],
  ['data/pretrained/README.md', 'lib/dist/data/pretrained/README.md'],
  ['data/pretrained/resnet20.weights.h5', 'lib/dist/data/pretrained/resnet20.weights.h5'],
  ['data/pretrained/resnet8.weights.h5', 'lib/dist/data/pretrained/resnet8.weights.h5'],
];

function buildLibrary() {
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true })
    .filter((name) => (name.endsWith('.ts') || name.endsWith('.json')) && !/^(dist|node_modules)[\\/]/.test(name))
    .sort()
    .map((name) => join(ROOT, 'lib', name));
  const copies = PACKAGED.map(([source]) => join(ROOT, source));
  const key = [...sources, ...copies, join(ROOT, 'tsconfig.json')]
    .map((path) => path + readFileSync(path, 'latin1'))
    .join();
  once(join(ROOT, 'lib', 'dist', '.setup'), key, () => {
    console.log('Building lib …');
    rmSync(join(ROOT, 'lib', 'dist'), { recursive: true, force: true }); // what was deleted from lib goes too
    run(process.execPath, [bin('typescript/bin/tsc'), '-p', 'lib'], 'Building lib');
    buildKernels();
    for (const [source, target] of PACKAGED) {
      mkdirSync(dirname(join(ROOT, target)), { recursive: true });
      copyFileSync(join(ROOT, source), join(ROOT, target));
    }
  });
}

/** The kernels of the backend `simd`, AssemblyScript, once with fused multiply-add (relaxed SIMD) and once without. */
function buildKernels() {
  const source = join('lib', 'backends', 'simd', 'assembly', 'index.ts');
  const memory = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
  // No runtime and no checks: kernels work on addresses. Warning 201 is about 64-bit memories.
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--disableWarning', '201', ...memory];
  for (const [name, features] of [
    ['kernels', ['simd', 'threads']],
    ['kernels-fused', ['simd', 'threads', 'relaxed-simd']],
  ]) {
    const target = join('lib', 'dist', 'backends', 'simd', `${name}.wasm`);
    const enabled = features.flatMap((feature) => ['--enable', feature]);
    run(
      process.execPath,
      [bin('assemblyscript/bin/asc.js'), source, ...options, ...enabled, '-o', target],
      'Building the kernels',
    );
  }
}

/** The Plotly renderer of jupyter/labextensions draws with a copy of plotly.js-dist, so that it works offline. */
function copyPlotly() {
  const source = bin('plotly.js-dist/plotly.js');
  const target = join(ROOT, 'jupyter', 'labextensions', 'resnet-lab-plotly', 'static', 'plotly.js');
  if (existsSync(target) && statSync(target).size === statSync(source).size) return;
  copyFileSync(source, target);
}

export function setup() {
  checkNode();
  if (!existsSync(venv('python'))) findPython(); // rather now than after minutes of installing
  installPackages();
  buildLibrary();
  copyPlotly();
  installJupyter();
}

/** Runs `main`; what goes wrong is one message on stderr and a failing exit status, not a stack trace. */
export async function command(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await command(setup);
