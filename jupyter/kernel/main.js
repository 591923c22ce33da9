// The TypeScript kernel: the tslab package with a protocol that tells the truth. Jupyter runs it as
//   node main.js CONNECTION_FILE
// Nothing of tslab's files is changed; its parts are wrapped, or replaced on its prototypes.

const { writeSync } = require('node:fs');
require('./compiler.js');
const { createExecutor } = require('tslab/dist/executor.js');
const { JupyterHandlerImpl, ZmqServer } = require('tslab/dist/jupyter.js');
const { CellConsole } = require('./cell-console.js');
const { CellQueue } = require('./cell-queue.js');
const { createReloadingConverter } = require('./converter.js');
const { Interrupted } = require('./interrupted.js');
const { watchInterrupts } = require('./interrupts.js');
const { Output } = require('./output.js');
const { watchModules } = require('./reload.js');
const { wrapCells } = require('./run-code.js');
const { correctServer } = require('./server.js');
const { translateStacks } = require('./stack.js');

const connectionFile = process.argv[2];
if (connectionFile === undefined) {
  console.error('This is a Jupyter kernel: Jupyter starts it with a connection file. To open the lessons: npm start');
  process.exit(2);
}

// Output goes to cells, even where Jupyter itself runs in a terminal: no escape codes, no progress bars.
for (const stream of [process.stdout, process.stderr]) Object.defineProperty(stream, 'isTTY', { value: false });

watchInterrupts();
watchModules();
translateStacks();

const cellConsole = new CellConsole();
const executor = createExecutor(
  process.cwd(),
  createReloadingConverter(() => executor.locals),
  cellConsole,
);
wrapCells();
const output = new Output();
correctServer(new CellQueue(executor, cellConsole, output), output);

// What a cell left behind fails later: it is said, and the kernel goes on. Where the user ended it, nothing is amiss.
const report = (what) => (error) => error instanceof Interrupted || console.error(what, error);
process.on('uncaughtException', report('Uncaught'));
process.on('unhandledRejection', report('Unhandled rejection:'));

new ZmqServer(new JupyterHandlerImpl(executor, false), connectionFile).init().catch((error) => {
  writeSync(2, `The kernel cannot listen: ${error.message}\n`); // a port was taken: Jupyter tries others
  process.exit(1);
});
