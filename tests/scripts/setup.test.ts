import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';

/** Runs code that has the functions of scripts/requirements.mjs, with the given PATH, and gives what it prints. */
function evaluate(code: string, path = process.env.PATH): string {
  const program = `import { checkNode, findPython } from './scripts/requirements.mjs'; ${code}`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  }).trim();
}

const attempt = (call: string) =>
  `try { console.log(JSON.stringify(${call})) } catch (error) { console.log(error.message) }`;

describe('what must be on the machine', () => {
  it('is one of the supported versions of Node', () => {
    for (const version of ['20.19.0', '20.20.2', '22.1.0', '24.0.0', '26.9.1']) {
      assert.equal(evaluate(attempt(`checkNode('${version}')`)), 'undefined', version);
    }
    for (const version of ['18.20.0', '20.18.3', '21.7.0', '23.1.0', '25.0.0', '27.0.0']) {
      assert.match(
        evaluate(attempt(`checkNode('${version}')`)),
        new RegExp(`^Node ${version} found, but .* 20\\.19`),
        version,
      );
    }
  });

  it('includes Python, or the message names it and the fix', { skip: process.platform === 'win32' }, () => {
    const folder = temporaryFolder();
    assert.match(
      evaluate(attempt('findPython()'), folder),
      /^Python 3\.11 or later .* no Python was found.*python\.org/,
    );
    const fake = join(folder, 'python3');
    writeFileSync(fake, '#!/bin/sh\necho 3.9\n');
    chmodSync(fake, 0o755);
    assert.match(evaluate(attempt('findPython()'), folder), /python3 is Python 3\.9/);
    writeFileSync(fake, '#!/bin/sh\necho "No module named ensurepip" >&2; exit 1\n');
    assert.match(evaluate(attempt('findPython()'), folder), /lacks the module venv .*apt install python3-venv/);
    writeFileSync(fake, '#!/bin/sh\necho 3.12\n');
    assert.equal(evaluate(attempt('findPython()'), folder), '["python3"]');
  });
});

describe('package.json', () => {
  const root = JSON.parse(readFileSync('package.json', 'utf8'));
  const lib = JSON.parse(readFileSync(join('lib', 'package.json'), 'utf8'));

  it('pins every version', () => {
    const pinned = { ...root.dependencies, ...root.devDependencies, ...lib.dependencies, ...lib.devDependencies };
    for (const [name, version] of Object.entries(pinned)) assert.match(String(version), /^\d+\.\d+\.\d+$/, name);
  });

  it('makes the CUDA package an optional peer, which no ordinary install fetches', () => {
    assert.ok(root.peerDependencies['@tensorflow/tfjs-node-gpu']);
    assert.deepEqual(root.peerDependenciesMeta, { '@tensorflow/tfjs-node-gpu': { optional: true } });
  });

  it('has a lock file that names no download address', () => {
    assert.doesNotMatch(readFileSync('package-lock.json', 'utf8'), /"resolved": "http/);
  });
});
