// The thread that goes on while the kernel's main thread is busy: it learns of interrupts and of Jupyter's end.
//
// It only raises a flag, which the loops of the cells look at. It does not end what the main thread executes, as the
// inspector's `Runtime.terminateExecution` would: Node itself dies of that ("async hook stack has become corrupted").
// So a single call that takes long (a sort, a regular expression, one operation of a library) ends by itself.
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { parentPort, workerData } = require('node:worker_threads');

/** Interrupts that are nearer are one. */
const SAME_MS = 100;
/** How much later than the main thread the sentry may tell of the first signal. */
const SENTRY_MS = 1000;
const PARENT_MS = 1000;

const runningNow = () => Atomics.load(workerData.flag, workerData.run);

let last = 0;
/** Whether signals come to the process group, as Jupyter sends them: then the sentry tells of each, and at once. */
let isGroup = false;
let lastFromMain = 0;

function hearSentry() {
  const isCopy = !isGroup && Date.now() - lastFromMain < SENTRY_MS;
  isGroup = true;
  if (!isCopy) interrupt();
}

/** The main thread tells of a signal once it is not busy, which may be late: a copy must not count as another one. */
function hearMain(run) {
  if (isGroup) return;
  lastFromMain = Date.now();
  interrupt(run);
}

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

/** A signal that comes while the sentry starts, before it can tell of it, ends it: that tells as much. */
function postSentry() {
  const sentry = spawn(process.execPath, [join(__dirname, 'sentry.js')], { stdio: ['pipe', 'pipe', 'ignore'] });
  sentry.stdout.on('data', (bytes) => bytes.forEach(hearSentry));
  sentry.on('exit', (_, signal) => {
    if (signal === 'SIGINT') hearSentry();
    if (signal !== null) postSentry();
  });
}

postSentry();
parentPort.on('message', ({ run, signal, after }) => {
  if (signal) hearMain(run);
  else if (after === undefined) interrupt(run);
  else setTimeout(raise, after, run);
});
if (process.platform !== 'win32') endWithParent();
