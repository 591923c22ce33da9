const vm = require('node:vm');
const { addCode } = require('./cell-code.js');
const { takeMaps } = require('./compiler.js');
const { flag } = require('./interrupt-flag.js');
const { check, runningCell } = require('./interrupts.js');
const { PARAMETERS } = require('./loop-checks.js');

/** How tslab begins the code of a cell, on the line of the cell's first. */
const TSLAB_START = /^\((async )?function\(exports, require\) \{ /;

/** tslab's executor runs cells by `vm.runInThisContext`: it is to give them a name and what their loops look at. */
function wrapCells() {
  const { runInThisContext } = vm;
  vm.runInThisContext = (code, options) => {
    const [start] = (options?.breakOnSigint && TSLAB_START.exec(code)) || [];
    if (start === undefined) return runInThisContext(code, options);
    const { number, source } = runningCell();
    const filename = addCode(number, source, takeMaps(), code);
    const head = `(function (${PARAMETERS.join(', ')}) { return `;
    const columnOffset = -(head.length + start.length);
    // Without breakOnSigint, which would take the process's SIGINT handler away when the cell ends.
    const run = runInThisContext(`${head}${code}\n})`, { filename, columnOffset, displayErrors: false });
    return run(flag, check);
  };
}

module.exports = { wrapCells };
