// The end of the kernel: soon, in order, and with all that belongs to it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, runKernel, runPython, shown, startPython, type Task } from '../helpers/jupyter';

/** Leaves a timer, a server, a thread and a process behind; its value is the process's number. */
const LITTER = `import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
setInterval(() => console.log('still here'), 10);
createServer().listen(0);
new Worker('setInterval(() => {}, 10); for (;;) {}', { eval: true });
const child = spawn('sleep', ['300']);
child.pid`;

/** A process that nobody waits for stays in the table of processes although it has ended. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === 'open' && process.platform !== 'linux';
  }
}

async function ends(pid: number): Promise<boolean> {
  for (let i = 0; i < 100 && isAlive(pid); i++) await sleep(100);
  return !isAlive(pid);
}

describe('a kernel that is shut down', () => {
  it('ends with what its cells left open and started', async () => {
    const answer: Answer = JSON.parse(await runPython('kernel/client.py', { steps: [LITTER] }));
    assert.equal(answer.status, 0);
    assert.ok(answer.shutdownSeconds < 4, `${answer.shutdownSeconds} s`); // after 5 s the client kills it
    assert.ok(await ends(Number(shown(answer.results[0]))));
  });

  it('ends while a cell waits, and says what it was asked for', async () => {
    for (const restart of [true, false]) {
      const [result] = await runKernel({
        steps: [{ request: 'shutdown_request', channel: 'control', content: { restart } }],
      });
      assert.equal(result.replyType, 'shutdown_reply');
      assert.deepEqual(result.reply, { status: 'ok', restart });
    }
  });
});

describe('a kernel whose Jupyter is killed', () => {
  for (const [name, cell] of Object.entries({ idle: '', busy: 'setTimeout(() => { for (;;); }, 300);' }))
    it(`ends by itself: ${name}`, async () => {
      const task: Task = { steps: [LITTER, cell], hold: true };
      const client = startPython('kernel/client.py', task);
      assert.ok(client.stdout);
      const [line] = await once(createInterface(client.stdout), 'line');
      const { pid, results } = JSON.parse(line);
      await sleep(600);
      assert.ok(isAlive(pid));
      client.kill('SIGKILL');
      assert.ok(await ends(pid), 'the kernel');
      assert.ok(await ends(Number(shown(results[0]))), 'its child');
    });
});
