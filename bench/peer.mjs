// One peer in a process of its own, which computes only when it is asked to.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Longest wait, in seconds, for a model to be built, or compiled in its first step. */
const PATIENCE = 300;

/**
 * Starts a peer of peers.mjs. `load(work)` builds the work's model, `run(steps)` resolves to the seconds of one step,
 * `close()` resolves when the process is gone. A call fails with the peer's own message, or with the last thing that the
 * process wrote to stderr when it died.
 */
export function startPeer({ name, command, args, env }) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints = (complaints + text).slice(-10_000);
  });
  child.stdin.on('error', () => {}); // it died before it read; its end is told below
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(`it could not be started (${error.message})`));
    child.on('close', (code, signal) => resolve(`it ended with ${signal ?? code}: ${lastLine(complaints)}`));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function ask(request, patience = PATIENCE) {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const reply = lines.next().then(async ({ value }) => (value === undefined ? { error: await ended } : parse(value)));
    const answer = await within(patience, reply);
    if (answer === undefined) {
      child.kill('SIGKILL');
      throw new Error(`it did not answer within ${patience} s`);
    }
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  return {
    name,
    pid: child.pid,
    load: (work) => ask({ load: work }),
    async run(steps) {
      const { seconds, value } = await ask({ run: steps });
      if (!Number.isFinite(value)) throw new Error(`a step should compute a finite number, received ${value}`);
      return seconds;
    },
    peakBytes: () => peakBytes(child.pid),
    async close() {
      child.stdin.end();
      if ((await within(5, ended)) === undefined) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What a peer writes is JSON; null and NaN come from numbers that are not finite. */
function parse(line) {
  try {
    return JSON.parse(line.replace(/\b(NaN|-?Infinity)\b/g, 'null'));
  } catch {
    return { error: `a reply should be one line of JSON, received '${line.slice(0, 100)}'` };
  }
}

/** Most memory that a process ever held, in bytes: VmHWM of Linux's /proc. */
function peakBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)[1]) * 1024;
}

const lastLine = (text) => text.trim().split('\n').at(-1);

/** What the promise resolves to, or undefined when that takes longer. */
async function within(seconds, promise) {
  let timer;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
