const { setTimeout } = require('node:timers'); // a cell may replace the global ones
const { keepHandler, runInterruptibly } = require('./interrupts.js');
const { describeError } = require('./describe-error.js');
const { resultData } = require('./result-data.js');
const { translateStacks } = require('./stack.js');

/** How long requests that a client sent together may still be on their way when a cell fails. */
const DRAIN_MS = 50;

/**
 * Runs cells one after the other and publishes what the Jupyter protocol asks for: `execute_input`, streams, displays,
 * `execute_result`, `error`. After an error or an interrupt the cells that were already waiting are aborted if the request
 * said `stop_on_error`, as ipykernel does; a client that sends its cells one by one is never affected.
 */
class CellQueue {
  constructor(executor, cellConsole, output) {
    this.executor = executor;
    this.console = cellConsole;
    this.output = output;
    this.count = 0;
    this.waiting = new Set();
    this.last = Promise.resolve();
  }

  /** Gives the content of the reply. */
  run(server, _socket, message) {
    const {
      code,
      silent = false,
      store_history: isCounted = !silent,
      stop_on_error: stopOnError = true,
    } = message.content;
    const publish = (type, content) => server.publish(message, type, content);
    const cell = { source: code, silent, isCounted: isCounted && !silent, stopOnError, publish };
    this.waiting.add(cell);
    const done = this.last.then(() => this.runNow(cell));
    this.last = done.catch(() => {});
    return done;
  }

  async runNow(cell) {
    this.waiting.delete(cell);
    if (cell.aborted) return { status: 'aborted' };
    keepHandler(); // the cell before may have taken them away
    translateStacks();
    if (cell.isCounted) this.count += 1;
    cell.number = this.count;
    this.output.goTo(cell.publish);
    if (!cell.silent) cell.publish('execute_input', { code: cell.source, execution_count: cell.number });

    const { failure, data } = await this.execute(cell);
    if (failure !== undefined) cell.publish('error', failure);
    else if (data !== undefined && !cell.silent)
      cell.publish('execute_result', { data, metadata: {}, execution_count: cell.number });
    if ((failure !== undefined || cell.interrupted) && cell.stopOnError) await this.abortWaiting();
    const outcome = failure === undefined ? { status: 'ok', payload: [] } : { status: 'error', ...failure };
    this.output.flush();
    return { ...outcome, execution_count: cell.number, user_expressions: {} };
  }

  /** Gives the cell's `failure` or the `data` of its last value. */
  async execute(cell) {
    this.console.reset(cell.source);
    try {
      return await runInterruptibly(cell, async () => {
        if (!(await this.executor.execute(cell.source))) return { failure: this.console.describeFailure() };
        return this.console.value === undefined ? {} : { data: await resultData(this.console.value) };
      });
    } catch (error) {
      if (cell.stopped) this.executor.interrupt(); // it still waits for the cell
      return { failure: describeError(error) }; // tslab's compiler itself throws on some inputs
    }
  }

  async abortWaiting() {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
    for (const waiting of this.waiting) waiting.aborted = true;
  }
}

module.exports = { CellQueue };
