import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

const MIRROR = join('..', 'shared', 'mirror', 'mirror');
const FOLDER = join(tmpdir(), 'dataset-mirror'); // built once for a machine
const PORT = '18899';
const CIFAR10_ARCHIVE = 'cifar-10-binary.tar.gz';

/** Where the mirror keeps its files. */
export const mirrorFile = (name: string) => join(FOLDER, 'files', name);

export const MIRROR_ADDRESS = `http://127.0.0.1:${PORT}`;

/** Builds the mirror's files where they are missing and serves them while the tests of this file run. */
export function serveMirror(): void {
  let server: ChildProcess | undefined;
  before(async () => {
    execFileSync('bash', [MIRROR, 'build', FOLDER], { stdio: 'inherit' });
    server = spawn('bash', [MIRROR, 'serve', FOLDER, PORT], { stdio: 'ignore' });
    for (let tries = 0; ; tries++) {
      const answer = await fetch(MIRROR_ADDRESS, { method: 'HEAD' }).catch(() => undefined);
      if (answer?.ok) return;
      assert.ok(tries < 50, 'the mirror does not answer');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  after(() => server?.kill());
}

/** The same, and has the code of this file and what it starts take CIFAR-10 from there. */
export function serveCifar10(): void {
  serveMirror();
  before(() => {
    process.env.CIFAR10_URL = `${MIRROR_ADDRESS}/${CIFAR10_ARCHIVE}`;
    process.env.CIFAR10_SHA256 = mirrorHash(CIFAR10_ARCHIVE);
  });
}

export function mirrorHash(name: string): string {
  const sums = readFileSync(mirrorFile('SHA256SUMS'), 'utf8').split('\n');
  const line = sums.find((each) => each.endsWith(name));
  assert.ok(line, `the mirror has no ${name}`);
  return line.split(' ')[0];
}

/** Runs an npm script to its end and gives what it prints. */
export function npm(...args: string[]): string {
  const output = execFileSync('npm', ['run', '--silent', ...args], { encoding: 'utf8', env: process.env });
  console.log(output.trimEnd());
  return output;
}
