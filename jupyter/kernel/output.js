const { clearImmediate, setImmediate } = require('node:timers'); // a cell may replace the global ones
const { performance } = require('node:perf_hooks');
const jupyter = require('tslab/dist/jupyter.js');

/**
 * Of the writes within this time the first few travel alone, as the last of them may be what is said before long work that
 * lets no timer run. Those that follow travel together: a message for every line costs more than the line.
 */
const TOGETHER_MS = 50;
const ALONE = 20;

/** What is printed, and where to: the running cell, or the last one when a timer prints later. */
class Output {
  constructor() {
    this.text = '';
    this.began = 0;
    this.sent = 0;
    for (const name of ['stdout', 'stderr']) process[name].write = this.createWrite(name);
  }

  /** `publish(type, content)` sends a message of the cell that prints from now on. */
  goTo(publish) {
    this.flush();
    this.publish = publish;
    jupyter.lastWriteDisplayData = (content, update) =>
      publish(update ? 'update_display_data' : 'display_data', content);
  }

  createWrite(name) {
    const decoder = new TextDecoder();
    return (chunk, encoding, callback) => {
      this.add(name, textOf(chunk, encoding, decoder));
      const done = typeof encoding === 'function' ? encoding : callback;
      if (done !== undefined) process.nextTick(done);
      return true;
    };
  }

  add(name, text) {
    if (name !== this.name) this.flush();
    this.name = name;
    this.text += text;
    // A cell that is busy lets no timer run: the time is looked at whenever it prints.
    const now = performance.now();
    if (now - this.began > TOGETHER_MS) Object.assign(this, { began: now, sent: 0 });
    if (this.sent < ALONE) this.flush();
    else this.timer ??= setImmediate(() => this.flush());
  }

  /** To be called before any other message, which must not overtake what was printed. */
  flush() {
    clearImmediate(this.timer);
    this.timer = undefined;
    const { name, text } = this;
    if (text === '') return;
    this.text = '';
    this.sent += 1;
    this.publish?.('stream', { name, text });
  }
}

function textOf(chunk, encoding, decoder) {
  if (typeof chunk !== 'string') return decoder.decode(chunk, { stream: true });
  return Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding).toString() : chunk;
}

module.exports = { Output };
