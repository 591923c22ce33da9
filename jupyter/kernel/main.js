// The TypeScript kernel: the tslab package with a protocol that tells the truth. Jupyter runs it as
//   node main.js CONNECTION_FILE
// Nothing of tslab's files is changed; the parts of it that keep silent about errors are replaced on its prototype.

require('./compiler.js');
const { createConverter } = require('tslab/dist/converter.js');
const { createExecutor } = require('tslab/dist/executor.js');
const { JupyterHandlerImpl, ZmqServer } = require('tslab/dist/jupyter.js');
const { CellConsole } = require('./cell-console.js');
const { CellQueue } = require('./cell-queue.js');

const connectionFile = process.argv[2];
if (connectionFile === undefined) {
  console.error('This is a Jupyter kernel: Jupyter starts it with a connection file. To open the lessons: npm start');
  process.exit(2);
}

// The browser mode of tslab is not part of this kernel; its converter would cost a second compiler.
const converters = {
  node: createConverter({ isJS: false, isBrowser: false }),
  get browser() {
    return this.node;
  },
  close() {
    this.node.close();
  },
};
// Output goes to cells, even where Jupyter itself runs in a terminal: no escape codes, no progress bars.
for (const stream of [process.stdout, process.stderr]) Object.defineProperty(stream, 'isTTY', { value: false });

const cellConsole = new CellConsole();
const executor = createExecutor(process.cwd(), converters, cellConsole);
const cells = new CellQueue(executor, cellConsole);

ZmqServer.prototype.handleExecute = function (socket, message) {
  return cells.run(this, socket, message);
};
const close = ZmqServer.prototype.close;
ZmqServer.prototype.close = function () {
  close.call(this);
  setTimeout(() => process.exit(0), 100); // the reply leaves first; a timer or a socket of a cell's keeps nothing alive
};

process.on('SIGINT', () => executor.interrupt());
process.on('uncaughtException', (error) => console.error('Uncaught', error));
process.on('unhandledRejection', (error) => console.error('Unhandled rejection:', error));

new ZmqServer(new JupyterHandlerImpl(executor, false), connectionFile).init();
