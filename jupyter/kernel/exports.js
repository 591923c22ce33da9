const ts = require('@tslab/typescript-for-tslab');

/** Every name of a cell is there for later cells, so the `export` of a pasted declaration says nothing: blanks replace it. */
function blankExports(source) {
  if (!source.includes('export')) return source;
  const { statements } = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.Latest);
  const keywords = statements.flatMap(({ modifiers = [] }) => {
    const isDefault = modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
    return isDefault ? [] : modifiers.filter(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  });
  return keywords.reduce((text, { end }) => `${text.slice(0, end - 'export'.length)}      ${text.slice(end)}`, source);
}

module.exports = { blankExports };
