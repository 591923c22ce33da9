// What `npm run setup:tensorflow`, `setup:gpu` and `setup:webgpu` say where something is missing; programs of the machine are
// stood in for by scripts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCommand } from '../helpers/command';
import { temporaryFolder } from '../helpers/folder';

/** Runs code that has the functions of scripts/tensorflow, with nothing on the PATH but `programs`, and gives what it prints. */
function evaluate(code: string, programs: Record<string, string> = {}, env: NodeJS.ProcessEnv = {}): string {
  const folder = temporaryFolder();
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const script = `
    import { buildBinding, checkWheel } from './scripts/tensorflow/build.mjs';
    import { checkDriver } from './scripts/tensorflow/driver.mjs';
    import { findCompiler } from './scripts/tensorflow/programs.mjs';
    import { whyNotPublished } from './scripts/tensorflow/published.mjs';
    try { console.log(await (${code})) } catch (error) { console.log(error.message) }`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, 'eval'], {
    encoding: 'utf8',
    env: { PATH: folder, ...env },
  });
  assert.equal(stderr, '');
  return stdout.trim();
}

const linux = "{ platform: 'linux', arch: 'x64' }";
const nvidiaSmi = (driver: string, cuda: string) =>
  `echo '| NVIDIA-SMI ${driver}   Driver Version: ${driver}   ${cuda} |'`;

describe('the driver that CUDA needs', { skip: process.platform === 'win32' }, () => {
  it('is looked for with nvidia-smi; the message says where else, and the fix', () => {
    const message = evaluate(`checkDriver(${linux})`);
    assert.match(message, /^No NVIDIA driver answers: `nvidia-smi` does not run from the PATH/);
    assert.match(message, /Install NVIDIA's driver 525\.60\.13 or later.*setup:webgpu/);
  });

  it('must know CUDA 12', () => {
    const old = { 'nvidia-smi': nvidiaSmi('470.82.01', 'CUDA Version: 11.4') };
    assert.match(
      evaluate(`checkDriver(${linux})`, old),
      /driver 470\.82\.01 .* CUDA 11\.4 at most.*needs CUDA 12.*525/,
    );
    const none = { 'nvidia-smi': nvidiaSmi('390.1', 'CUDA Version: N/A') };
    assert.match(evaluate(`checkDriver(${linux})`, none), /driver 390\.1 .* no version of CUDA/);
    const broken = { 'nvidia-smi': 'echo "Failed to initialize NVML" >&2; exit 9' };
    assert.match(evaluate(`checkDriver(${linux})`, broken), /No NVIDIA driver answers/);
    const fits = { 'nvidia-smi': nvidiaSmi('550.54', 'CUDA Version: 12.4') };
    assert.equal(evaluate(`checkDriver(${linux})`, fits), 'driver 550.54, up to CUDA 12.4');
  });

  it('serves on Linux x86-64 only; elsewhere WebGPU is named', () => {
    assert.match(evaluate("checkDriver({ platform: 'darwin', arch: 'arm64' })"), /darwin on arm64; .*setup:webgpu/);
    assert.match(evaluate("checkDriver({ platform: 'win32', arch: 'x64' })"), /WSL 2.*setup:webgpu/);
  });
});

describe('the published addon', () => {
  it('is left alone where there is none, or its CUDA is not here', () => {
    assert.equal(evaluate(`whyNotPublished('cpu', ${linux})`), 'undefined');
    assert.match(evaluate("whyNotPublished('cpu', { platform: 'linux', arch: 'arm64' })"), /none for linux on arm64/);
    const gpu = `whyNotPublished('gpu', ${linux})`;
    assert.match(evaluate(gpu), /CUDA 11\.2, and libcudart\.so\.11\.0 is not/);
    assert.equal(evaluate(gpu, { ldconfig: "echo 'libcudart.so.11.0 => /usr/lib/libcudart.so.11.0'" }), 'undefined');
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'libcudart.so.11.0'), '');
    assert.equal(evaluate(gpu, {}, { LD_LIBRARY_PATH: folder }), 'undefined');
  });
});

describe('the binding', { skip: process.platform === 'win32' }, () => {
  it('needs a wheel, and the message names those that there are', () => {
    assert.equal(evaluate(`checkWheel('gpu', ${linux})`), 'undefined');
    const message = evaluate("checkWheel('cpu', { platform: 'win32', arch: 'x64' })");
    assert.match(
      message,
      /no TensorFlow wheel .* win32 on x64; looked for .*linux x64, linux arm64, darwin arm64.*'simd'/,
    );
  });

  it('needs a compiler, and the message says which were looked for and the fix', () => {
    const find = "findCompiler(process.env, 'linux')";
    assert.match(evaluate(find), /looked for c\+\+, g\+\+, clang\+\+ in the PATH.*apt install g\+\+/);
    assert.match(evaluate("findCompiler(process.env, 'darwin')"), /xcode-select --install/);
    assert.equal(evaluate(find, { 'clang++': 'exit 0' }), 'clang++');
    assert.equal(evaluate(find, { 'g++': 'exit 0', mine: 'exit 0' }, { CXX: 'mine' }), 'mine');
    assert.match(evaluate(find, { 'g++': 'exit 0' }, { CXX: 'gone' }), /looked for gone in the PATH/);
  });

  it('tells what the compiler said when it fails', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'node_modules', 'a-package', 'binding'), { recursive: true });
    const build = `buildBinding('c++', '${folder}', 'a-package', '${folder}')`;
    assert.match(evaluate(build), /The wheel should hold .*libtensorflow_cc\.so\.2.*another layout/);
    for (const name of ['tensorflow_cc', 'tensorflow_framework']) writeFileSync(join(folder, `lib${name}.so.2`), '');
    const compiler = { 'c++': "echo 'tfjs.cc:3:10: fatal error: string: No such file' >&2; exit 1" };
    assert.match(evaluate(build, compiler), /could not build .*a-package.*\n.*fatal error: string.*\n.*C\+\+17.*CXX/);
    assert.match(evaluate(build), /could not build .*\n.*ENOENT/);
  });
});

describe('a set of packages', () => {
  const folder = '.tensorflow-of-the-test';
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('comes back when it is to be replaced and that fails, and is gone when it is removed', () => {
    const script = (body: string) => `
      import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
      import { removeOptional, replaceOptional } from './scripts/optional.mjs';
      const name = 'tensorflow-of-the-test';
      const make = (content) => { mkdirSync('.' + name); writeFileSync('.' + name + '/a', content); };
      const content = () => existsSync('.' + name) && readFileSync('.' + name + '/a', 'utf8');
      ${body}`;
    const run = (body: string) =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script(body), 'eval'], { encoding: 'utf8' }).stdout;
    const failing = "() => { make('half'); throw new Error('no'); }";
    assert.equal(
      run(`try { replaceOptional(name, ${failing}) } catch (e) { console.log(e.message, content()) }`),
      'no false\n',
    );
    assert.equal(run("replaceOptional(name, () => make('first')); console.log(content())"), 'first\n');
    assert.equal(run(`try { replaceOptional(name, ${failing}) } catch (e) { console.log(content()) }`), 'first\n');
    assert.equal(run("replaceOptional(name, () => { make('half'); process.kill(process.pid, 'SIGKILL') })"), '');
    assert.equal(run(`try { replaceOptional(name, ${failing}) } catch (e) { console.log(content()) }`), 'first\n');
    assert.equal(run("replaceOptional(name, () => make('second')); console.log(content())"), 'second\n');
    assert.equal(run('console.log(removeOptional(name), content(), removeOptional(name))'), 'true false false\n');
  });
});

describe('the commands', () => {
  it('refuse an option that they do not know', () => {
    for (const [script, ...args] of [
      ['tensorflow/main.mjs', 'cpu', '--remove'],
      ['tensorflow/main.mjs', 'tpu'],
      ['webgpu/main.mjs', '--remove'],
    ]) {
      const { status, stderr } = runCommand(join('scripts', script), ...args);
      assert.equal(status, 1);
      assert.match(stderr, /^Usage: npm run setup:.*--undo.*received/);
    }
  });
});
