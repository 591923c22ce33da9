import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { claimLock, type Holder, withLock } from 'resnet-lab/dist/files/lock';
import { temporaryFolder } from '../helpers/folder';

const folder = temporaryFolder();
let locks = 0;
const newLock = () => join(folder, `${locks++}.lock`);
const holderOf = (pid: number, host = hostname()) => JSON.stringify({ pid, host });

/** A process that takes the lock and then does nothing. */
async function holdElsewhere(path: string) {
  const module = join(__dirname, '..', '..', 'lib', 'dist', 'files', 'lock.js');
  const code = `require(${JSON.stringify(module)}).claimLock(${JSON.stringify(path)}); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', code], { stdio: 'inherit' });
  while (!existsSync(path) || readFileSync(path, 'utf8') === '') await setTimeout(10);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const kill = () => {
    child.kill('SIGKILL');
    return ended;
  };
  return { pid: child.pid as number, kill };
}

describe('a lock', () => {
  it('is held by one, also within a process, and free afterwards', async () => {
    const path = newLock();
    const first = await claimLock(path);
    assert.deepEqual((await claimLock(path)).holder, { pid: process.pid, host: hostname() });
    await first.release?.();
    const again = await claimLock(path);
    assert.ok(again.release);
    await again.release();
    assert.ok(!existsSync(path));
  });

  it('names the process that holds it, and is taken over when that was killed', async () => {
    const path = newLock();
    const other = await holdElsewhere(path);
    assert.deepEqual((await claimLock(path)).holder, { pid: other.pid, host: hostname() });
    await other.kill();
    assert.ok((await claimLock(path)).release);
  });

  it('of another machine is respected while that shows life', async () => {
    const path = newLock();
    writeFileSync(path, holderOf(1, 'elsewhere'));
    assert.deepEqual((await claimLock(path)).holder, { pid: 1, host: 'elsewhere' });
    const before = (seconds: number) => {
      const time = new Date(Date.now() - 1000 * seconds);
      utimesSync(path, time, time);
    };
    before(100);
    assert.ok((await claimLock(path)).holder);
    before(130);
    assert.ok((await claimLock(path)).release);
  });

  it('that was left by a process with the number of this one is taken over', async () => {
    const path = newLock();
    writeFileSync(path, holderOf(process.pid));
    assert.ok((await claimLock(path)).release);
  });

  it('that was left goes to one of many who want it', async () => {
    for (let trial = 0; trial < 50; trial++) {
      const path = newLock();
      writeFileSync(path, holderOf(trial % 2 ? process.pid : 999_999_999));
      const claims = await Promise.all([path, path, relative(process.cwd(), path), path].map(claimLock));
      assert.equal(claims.filter(({ release }) => release).length, 1);
      await Promise.all(claims.map(({ release }) => release?.()));
      assert.ok(!existsSync(path));
    }
  });

  it('that was left goes to one of several processes', async () => {
    const path = newLock();
    writeFileSync(path, holderOf(999_999_999));
    const module = join(__dirname, '..', '..', 'lib', 'dist', 'files', 'lock.js');
    const code = `
      const { claimLock } = require(${JSON.stringify(module)});
      console.log('ready');
      process.stdin.on('end', () => process.exit());
      process.stdin.once('data', async () => {
        const { release } = await claimLock(${JSON.stringify(path)});
        console.log(release ? 'mine' : 'not mine');
      });`;
    const children = [1, 2, 3, 4].map(() =>
      spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const lines = children.map(({ stdout }) => createInterface(stdout)[Symbol.asyncIterator]());
    const nextLines = () => Promise.all(lines.map(async (line) => (await line.next()).value));
    await nextLines(); // all are ready
    for (const { stdin } of children) stdin.write('go');
    const outputs = await nextLines();
    for (const { stdin } of children) stdin.end(); // none has ended before all have claimed
    assert.deepEqual(outputs.sort(), ['mine', 'not mine', 'not mine', 'not mine']);
  });

  it('whose takeover was cut off by a kill is taken over after a moment', async () => {
    const path = newLock();
    writeFileSync(path, holderOf(999_999_999));
    mkdirSync(`${path}.takeover`);
    const past = new Date(Date.now() - 10_000);
    utimesSync(`${path}.takeover`, past, past);
    assert.ok((await claimLock(path)).release);
  });

  it('that is empty or damaged is respected for a moment only', async () => {
    for (const text of ['', '{"pid": "x"}', 'null']) {
      const path = newLock();
      writeFileSync(path, text);
      assert.ok((await claimLock(path)).holder, text);
      const past = new Date(Date.now() - 10_000);
      utimesSync(path, past, past);
      assert.ok((await claimLock(path)).release, text);
    }
  });

  it('lets tasks in one after the other, also after a failure and a kill', async () => {
    const path = newLock();
    const other = await holdElsewhere(path);
    let inside = 0;
    let most = 0;
    const told: Holder[] = [];
    const task = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await setTimeout(20);
      inside -= 1;
      throw new Error('fails');
    };
    const tasks = [1, 2, 3].map(() =>
      assert.rejects(
        withLock(path, task, (holder) => told.push(holder)),
        /fails/,
      ),
    );
    await setTimeout(50);
    assert.equal(most, 0);
    await other.kill();
    await Promise.all(tasks);
    assert.equal(most, 1);
    assert.ok(told.some(({ pid }) => pid === other.pid));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith(path)),
      [],
    );
  });
});
