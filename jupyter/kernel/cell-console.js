const { codeFrame, describeError } = require('./describe-error.js');

/** How tslab prints one of the compiler's messages: file, line, column, text. */
const DIAGNOSTIC_FORMAT = '%s%d:%d - %s';

/**
 * What tslab's executor has instead of a console: it logs a cell's last value, and reports what went wrong as an error.
 * Here both are kept, for the cell's reply to say.
 */
class CellConsole {
  reset(source) {
    this.source = source;
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
    if (this.diagnostics.length === 0) return describeError(this.failure?.error);
    this.dropThoseOfAdditions();
    const traceback = this.diagnostics.flatMap((diagnostic, i) => this.describeDiagnostic(diagnostic, i));
    return { ename: 'TypeScriptError', evalue: String(this.diagnostics[0][3]), traceback };
  }

  /** tslab adds lines to the cell; what is wrong there follows from something in the cell, or from its end. */
  dropThoseOfAdditions() {
    const lines = this.source.split('\n');
    const inside = this.diagnostics.filter(([file, line]) => file !== '' || (line >= 1 && line <= lines.length));
    if (inside.length > 0) this.diagnostics = inside;
    else
      this.diagnostics = this.diagnostics.map(([file, , , text]) => [
        file,
        lines.length,
        lines.at(-1).length + 1,
        text,
      ]);
  }

  /** The compiler explains some messages by further ones of the same place: the code is shown after the last of them. */
  describeDiagnostic([file, line, column, text], i) {
    const message = `${file}line ${line}, column ${column}: ${text}`;
    const next = this.diagnostics[i + 1];
    const goesOn = next !== undefined && next[1] === line && next[2] === column;
    return file !== '' || goesOn ? [message] : [message, codeFrame(this.source, { line, column })];
  }
}

module.exports = { CellConsole };
