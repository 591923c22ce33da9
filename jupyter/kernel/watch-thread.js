// The thread that goes on while the kernel's main thread is busy: it learns of interrupts and of Jupyter's end.
//
// It only raises a flag, which the loops of the cells look at. It does not end what the main thread executes, as the
// inspector's `Runtime.terminateExecution` would: Node itself dies of that ("async hook stack has become corrupted").
// So a single call that takes long (a sort, a regular expression, one operation of a library) ends by itself.
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { parentPort, workerData } = require('node:worker_threads');

/** One interrupt reaches this thread in two ways, from the sentry and from the main thread: nearer ones are the same. */
const SAME_MS = 100;
const PARENT_MS = 1000;

const runningNow = () => Atomics.load(workerData.flag, workerData.run);

let last = 0;

/** For one run of a cell: by default the present one. While no cell runs there is nothing to interrupt. */
function interrupt(run = runningNow()) {
  const now = Date.now();
  if (now - last < SAME_MS) return;
  last = now;
  raise(run);
}

function raise(run) {
  if (run === 0 || run !== runningNow()) return;
  Atomics.or(workerData.flag, 0, workerData.pending);
  parentPort.postMessage('interrupt');
}

/** With what the cells started, where the kernel leads its process group. */
function endWithParent() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent) return;
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      process.kill(process.pid, 'SIGKILL');
    }
  }, PARENT_MS);
}

const sentry = spawn(process.execPath, [join(__dirname, 'sentry.js')], { stdio: ['pipe', 'pipe', 'ignore'] });
sentry.stdout.on('data', () => interrupt());
parentPort.on('message', ({ run, after }) => {
  if (after === undefined) interrupt(run);
  else setTimeout(raise, after, run);
});
if (process.platform !== 'win32') endWithParent();
