const { createRequire } = require('node:module');
const { join } = require('node:path');
const ts = require('@tslab/typescript-for-tslab');

const requireFromHere = createRequire(join(process.cwd(), 'cell.js'));

/** Names that earlier cells imported from one of the dropped modules get what the module exports now. */
function renewImports(declarations, dropped, locals) {
  if (dropped.size === 0) return;
  for (const { specifier, names } of importsIn(declarations)) {
    if (!dropped.has(resolve(specifier))) continue;
    const exports = requireFromHere(specifier);
    for (const [local, name] of names) locals[local] = name === '*' ? exports : exports[name];
  }
}

/** What tslab declares for the next cell begins with the imports of the earlier ones. */
function importsIn(declarations) {
  const { statements } = ts.createSourceFile('declarations.ts', declarations, ts.ScriptTarget.Latest);
  return statements.filter(ts.isImportDeclaration).map(({ moduleSpecifier, importClause }) => ({
    specifier: moduleSpecifier.text,
    names: namesOf(importClause),
  }));
}

/** Pairs of the name in the cells and the name in the module. */
function namesOf({ name, namedBindings }) {
  const names = name === undefined ? [] : [[name.text, 'default']];
  if (namedBindings === undefined) return names;
  if (ts.isNamespaceImport(namedBindings)) return [...names, [namedBindings.name.text, '*']];
  return [...names, ...namedBindings.elements.map((one) => [one.name.text, (one.propertyName ?? one.name).text])];
}

function resolve(specifier) {
  try {
    return requireFromHere.resolve(specifier);
  } catch {
    return undefined;
  }
}

module.exports = { renewImports };
