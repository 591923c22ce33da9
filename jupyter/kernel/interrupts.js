const { clearTimeout, setTimeout } = require('node:timers'); // a cell may replace the global ones
const { AsyncLocalStorage } = require('node:async_hooks');
const { getEventListeners } = require('node:events');
const { join } = require('node:path');
const { Worker } = require('node:worker_threads');
const { flag, PENDING, LEFTOVERS, RUN, raise, lower, isRaised } = require('./interrupt-flag.js');
const { Interrupted } = require('./interrupted.js');
const { hideContext } = require('./plain-promises.js');

/** How long an interrupted cell may go on: by itself, and where something listens to its signal and may tidy up. */
const ALONE_MS = 500;
const LISTENING_MS = 30_000;

/** The cell in whose asynchronous context code runs: what is left of a cell that was given up keeps its own. */
const context = new AsyncLocalStorage();
hideContext(context);
let running;
let runs = 0;
let watcher;

function watchInterrupts() {
  Object.defineProperty(globalThis, Symbol.for('resnet-lab.signal'), {
    get: () => context.getStore()?.controller.signal,
  });
  watcher = new Worker(join(__dirname, 'watch-thread.js'), { workerData: { flag, pending: PENDING, run: RUN } });
  watcher.on('message', handleInterrupt);
  keepHandler();
}

/** Without a listener the process would end. */
function keepHandler() {
  if (!process.listeners('SIGINT').includes(hearSignal)) process.on('SIGINT', hearSignal);
}

function hearSignal() {
  watcher.postMessage({ run: Atomics.load(flag, RUN), signal: true });
}

/** For a client that interrupts by a message. */
function interrupt() {
  watcher.postMessage({ run: Atomics.load(flag, RUN) });
}

/** Runs a cell's work; fails with Interrupted when the cell is interrupted and does not end. */
async function runInterruptibly(cell, work) {
  const givenUp = new Promise((_, reject) => {
    cell.giveUp = () => {
      cell.stopped = true;
      raise(LEFTOVERS);
      reject(new Interrupted(`Cell ${cell.number} was interrupted and did not end by itself: it was given up.`));
    };
  });
  cell.controller = new AbortController();
  running = cell;
  runs += 1;
  Atomics.store(flag, RUN, runs);
  try {
    return await Promise.race([context.run(cell, work), givenUp]);
  } finally {
    clearTimeout(cell.patience);
    Atomics.store(flag, RUN, 0);
    if (lower(PENDING)) cell.interrupted = true;
    running = undefined;
  }
}

function handleInterrupt() {
  if (!lower(PENDING) || running === undefined) return;
  const cell = running;
  if (cell.patience !== undefined) return cell.giveUp(); // pressed again: no more patience
  const { signal } = cell.controller;
  const isHeard = getEventListeners(signal, 'abort').length > 0;
  cell.interrupted = true;
  cell.patience = setTimeout(cell.giveUp, isHeard ? LISTENING_MS : ALONE_MS);
  cell.controller.abort(new Interrupted());
}

/** Its `finally` may loop. What catches everything and goes on is interrupted again after a while, and then for good. */
function letTidyUp(cell) {
  cell.interrupted = true;
  lower(PENDING);
  watcher.postMessage({ run: Atomics.load(flag, RUN), after: ALONE_MS });
}

/** What the loops of cells call while the flag is raised. */
function check() {
  const cell = context.getStore();
  if (cell?.stopped) throw new Interrupted();
  if (isRaised(PENDING) && (running === undefined || running === cell)) {
    if (cell !== undefined && !cell.interrupted) letTidyUp(cell);
    throw new Interrupted();
  }
  // This code is not what was given up, nor is any other until it lets go of the thread: spare it more checks.
  if (lower(LEFTOVERS)) queueMicrotask(() => raise(LEFTOVERS));
}

module.exports = {
  watchInterrupts,
  keepHandler,
  interrupt,
  runInterruptibly,
  check,
  runningCell: () => context.getStore(),
};
