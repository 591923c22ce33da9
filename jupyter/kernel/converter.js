const { createConverter } = require('tslab/dist/converter.js');
const { blankExports } = require('./exports.js');
const { renewImports } = require('./imports.js');
const { dropChanged } = require('./reload.js');
const { tellOfChanges } = require('./watched-files.js');

/**
 * tslab's converter, which first takes in what changed in the project since the last cell; `locals()` are the names. It
 * keeps the declarations of cells that fail while they run, too: what they assigned before is there.
 */
function createReloadingConverter(locals) {
  const converter = createConverter({ isJS: false, isBrowser: false });
  const stale = new Set();
  let declarations = '';
  const convert = (_, source) => {
    tellOfChanges();
    for (const path of dropChanged()) stale.add(path);
    try {
      renewImports(declarations, stale, locals());
      stale.clear();
    } catch (error) {
      console.error('A module that changed cannot be loaded; earlier imports stay as they were.', error);
    }
    const converted = converter.convert(declarations, blankExports(source));
    if (converted.diagnostics.length === 0) declarations = converted.declOutput ?? '';
    return converted;
  };
  const complete = (_, source, position) => converter.complete(declarations, source, position);
  const inspect = (_, source, position) => converter.inspect(declarations, source, position);
  const node = { ...converter, convert, complete, inspect };
  // The browser mode of tslab is not part of this kernel; its converter would cost a second compiler.
  return { node, browser: node, close: () => converter.close() };
}

module.exports = { createReloadingConverter };
