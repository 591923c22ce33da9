import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const MIRROR = join('..', 'shared', 'mirror', 'mirror');
const FOLDER = join(tmpdir(), 'dataset-mirror'); // built once for a machine
const PORT = '18899';

/** Where the mirror keeps its files. */
export const mirrorFile = (name: string) => join(FOLDER, 'files', name);

/** Builds the mirror's files where they are missing and serves them while the tests of this process run; gives its address. */
export async function serveMirror(): Promise<string> {
  execFileSync('bash', [MIRROR, 'build', FOLDER], { stdio: 'inherit' });
  const server = spawn('bash', [MIRROR, 'serve', FOLDER, PORT], { stdio: 'ignore' });
  after(() => server.kill());
  const address = `http://127.0.0.1:${PORT}`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(address, { method: 'HEAD' }).catch(() => undefined);
    if (answer?.ok) return address;
    assert.ok(tries < 50, 'the mirror does not answer');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
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
