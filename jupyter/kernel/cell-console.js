const { inspect } = require('node:util');

/** How tslab prints one of the compiler's messages: file, line, column, text. */
const DIAGNOSTIC_FORMAT = '%s%d:%d - %s';
/** Frames of a stack that are not the learner's: Node's own, tslab's, this kernel's. */
const INTERNAL_FRAME = /^\s+at .*(node:|node_modules[\\/]tslab[\\/]|jupyter[\\/]kernel[\\/])/;

/**
 * What tslab's executor has instead of a console: it logs a cell's last value, and reports what went wrong as an error.
 * Here both are kept, for the cell's reply to say.
 */
class CellConsole {
  reset() {
    this.value = undefined;
    this.failure = undefined;
    this.diagnostics = [];
  }

  log(value) {
    this.value = value;
  }

  error(first, ...rest) {
    if (first === DIAGNOSTIC_FORMAT) this.diagnostics.push(rest);
    else this.failure = { error: first };
  }

  /** The cell's error as the Jupyter protocol words it: `{ ename, evalue, traceback }`. */
  describeFailure() {
    if (this.diagnostics.length > 0) {
      const lines = this.diagnostics.map(
        ([file, line, column, text]) => `${file}line ${line}, column ${column}: ${text}`,
      );
      return { ename: 'TypeScriptError', evalue: String(this.diagnostics[0][3]), traceback: lines };
    }
    const error = this.failure?.error;
    if (!isError(error)) {
      const text = inspect(error);
      return { ename: 'Error', evalue: text, traceback: [`Thrown: ${text}`] };
    }
    const stack = String(error.stack ?? `${error.name}: ${error.message}`);
    const traceback = stack.split('\n').filter((line) => !INTERNAL_FRAME.test(line));
    return { ename: String(error.name), evalue: String(error.message), traceback };
  }
}

/** Errors of another realm included, which `instanceof` misses. */
function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

module.exports = { CellConsole };
