const { statSync } = require('node:fs');
const ts = require('@tslab/typescript-for-tslab');
const { isOfProject } = require('./project.js');

/** The files that the compiler has read, by path: whom to tell of a change, and when they were written last. */
const watched = new Map();

/**
 * The compiler would poll its files every few seconds, so that a cell run right after a build would be checked against
 * the old types. Instead the files of the project are looked at before each cell.
 */
function watchOnDemand() {
  ts.sys.watchFile = (path, tell) => {
    if (!isOfProject(path)) return { close() {} };
    watched.set(path, { tell, written: lastWritten(path) });
    return { close: () => watched.delete(path) };
  };
}

function tellOfChanges() {
  for (const [path, file] of watched) {
    const written = lastWritten(path);
    if (written === undefined || written === file.written) continue; // a file that is missing is being built
    file.written = written;
    file.tell(path, ts.FileWatcherEventKind.Changed);
  }
}

function lastWritten(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

module.exports = { watchOnDemand, tellOfChanges };
