// The compiler that tslab uses, corrected from outside. To be required before tslab's converter.
const ts = require('@tslab/typescript-for-tslab');
const { checkLoops } = require('./loop-checks.js');
const { expandShorthand, resolveNames } = require('./shorthand.js');
const { correctAwaitDiagnostics } = require('./toplevel-await.js');
const { watchOnDemand } = require('./watched-files.js');

const CELL_FILE = /(^|\/)__tslab__\.ts$/;
const MAP_COMMENT = /\n?\/\/# sourceMappingURL=.*\s*$/;

/** The cell that was compiled last: what each of the two compilations gave, and how the second leads to the first. */
const compiled = { first: {}, second: {} };

function correctEmit(builder) {
  const { emit } = builder;
  builder.emit = (file, write, token, declarationsOnly, transformers = {}) => {
    const restore = resolveNames(builder.getProgram().getTypeChecker());
    const isCell = CELL_FILE.test(file.fileName);
    const corrections = isCell ? [expandShorthand, checkLoops] : [expandShorthand];
    const before = [...corrections, ...(transformers.before ?? [])];
    const writeCode = (name, text, ...rest) => {
      const code = text.replace(MAP_COMMENT, '\n');
      if (isCell && name.endsWith('.map')) compiled.first.map = text;
      else if (isCell && name.endsWith('.js')) compiled.first.code = code;
      write(name, code, ...rest);
    };
    try {
      return emit.call(builder, file, writeCode, token, declarationsOnly, { ...transformers, before });
    } finally {
      restore();
    }
  };
  return builder;
}

function createWatchCompilerHost(rootNames, options, ...rest) {
  const host = ts.createWatchCompilerHost(rootNames, { ...options, strict: true, sourceMap: true }, ...rest);
  let afterProgramCreate;
  return Object.defineProperty(host, 'afterProgramCreate', {
    get: () => afterProgramCreate,
    set(callback) {
      afterProgramCreate = (builder) => callback(correctEmit(builder));
    },
  });
}

/** tslab compiles a second time, from modules to CommonJS. */
function transpileModule(code, options) {
  const compilerOptions = { ...options.compilerOptions, sourceMap: true };
  const result = ts.transpileModule(code, { ...options, compilerOptions });
  const outputText = result.outputText.replace(MAP_COMMENT, '\n');
  if (code === compiled.first.code) compiled.second = { code: outputText, map: result.sourceMapText };
  return { ...result, outputText };
}

function getPreEmitDiagnosticsOfFiles(program, files) {
  const diagnostics = ts.getPreEmitDiagnosticsOfFiles(program, files);
  const cell = files.find(({ fileName }) => CELL_FILE.test(fileName));
  return cell === undefined ? diagnostics : correctAwaitDiagnostics(diagnostics, cell);
}

/** The two source maps from the code that runs to the cell's own. */
const takeMaps = () => [compiled.second.map, compiled.first.map];

watchOnDemand();
// The module's properties can't be assigned, so tslab is given a copy with some of them replaced.
const replaced = { createWatchCompilerHost, transpileModule, getPreEmitDiagnosticsOfFiles };
require.cache[require.resolve('@tslab/typescript-for-tslab')].exports = Object.defineProperties(
  {},
  {
    ...Object.getOwnPropertyDescriptors(ts),
    ...Object.fromEntries(Object.entries(replaced).map(([name, value]) => [name, { value, enumerable: true }])),
  },
);

module.exports = { takeMaps };
