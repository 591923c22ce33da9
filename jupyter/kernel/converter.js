const { createConverter } = require('tslab/dist/converter.js');
const { renewImports } = require('./imports.js');
const { dropChanged } = require('./reload.js');
const { tellOfChanges } = require('./watched-files.js');

/** tslab's converter, which first takes in what changed in the project since the last cell; `locals()` are the names. */
function createReloadingConverter(locals) {
  const converter = createConverter({ isJS: false, isBrowser: false });
  const stale = new Set();
  const convert = (declarations, source) => {
    tellOfChanges();
    for (const path of dropChanged()) stale.add(path);
    try {
      renewImports(declarations, stale, locals());
      stale.clear();
    } catch (error) {
      console.error('A module that changed cannot be loaded; earlier imports stay as they were.', error);
    }
    return converter.convert(declarations, source);
  };
  const node = { ...converter, convert };
  // The browser mode of tslab is not part of this kernel; its converter would cost a second compiler.
  return { node, browser: node, close: () => converter.close() };
}

module.exports = { createReloadingConverter };
