const { inspect } = require('node:util');
const jupyter = require('tslab/dist/jupyter.js');

/** How long requests that a client sent together may still be on their way when a cell fails. */
const DRAIN_MS = 50;

/**
 * Runs cells one after the other and publishes what the Jupyter protocol asks for: `execute_input`, streams, displays,
 * `execute_result`, `error`. After an error the cells that were already waiting are aborted if the failing request said
 * `stop_on_error`, as ipykernel does; a client that sends its cells one by one is never affected.
 */
class CellQueue {
  constructor(executor, cellConsole) {
    this.executor = executor;
    this.console = cellConsole;
    this.count = 0;
    this.waiting = new Set();
    this.last = Promise.resolve();
  }

  run(server, socket, message) {
    const cell = { server, socket, message, aborted: false };
    this.waiting.add(cell);
    const done = this.last.then(() => this.runNow(cell));
    this.last = done.catch(() => {});
    return done;
  }

  async runNow(cell) {
    this.waiting.delete(cell);
    if (cell.aborted) return reply(cell, { status: 'aborted' });
    const { code, silent = false, stop_on_error: stopOnError = true } = cell.message.content;
    if (!silent) this.count += 1;
    const count = this.count;
    const publish = (type, content) => send(cell, cell.server.iopub, type, content);
    redirectOutput(publish);
    if (!silent) publish('execute_input', { code, execution_count: count });

    this.console.reset();
    const ok = await this.execute(code);
    if (ok) {
      if (!silent && this.console.value !== undefined) publish('execute_result', result(this.console.value, count));
      return reply(cell, { status: 'ok', execution_count: count, user_expressions: {}, payload: [] });
    }
    const failure = this.console.describeFailure();
    publish('error', failure);
    if (stopOnError) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
      for (const waiting of this.waiting) waiting.aborted = true;
    }
    return reply(cell, { status: 'error', execution_count: count, ...failure });
  }

  /** tslab's own failures (its compiler throws on some inputs) are the cell's error, not the kernel's end. */
  async execute(code) {
    try {
      return await this.executor.execute(code);
    } catch (error) {
      this.console.error(error);
      return false;
    }
  }
}

/** What the cell prints, and what timers of earlier cells print meanwhile, goes to the cell that runs. */
function redirectOutput(publish) {
  const decoder = new TextDecoder();
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (chunk, encoding, callback) => {
      publish('stream', { name, text: typeof chunk === 'string' ? chunk : decoder.decode(chunk) });
      (typeof encoding === 'function' ? encoding : callback)?.();
      return true;
    };
  }
  jupyter.lastWriteDisplayData = (content, update) => publish(update ? 'update_display_data' : 'display_data', content);
}

function result(value, count) {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 4 });
  return { data: { 'text/plain': text }, metadata: {}, execution_count: count };
}

function reply(cell, content) {
  send(cell, cell.socket, 'execute_reply', content);
}

function send({ server, message }, socket, type, content) {
  const answer = message.createReply();
  answer.header.msg_type = type;
  answer.content = content;
  answer.signAndSend(server.connInfo.key, socket);
}

module.exports = { CellQueue };
