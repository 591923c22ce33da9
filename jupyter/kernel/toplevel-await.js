const ts = require('@tslab/typescript-for-tslab');

/** The compiler's "'await' expressions are only allowed within async functions": tslab's sign of a top-level await. */
const AWAIT_OUTSIDE = 1308;

/**
 * tslab learns of a top-level await from a diagnostic, which the compiler leaves out for `await (x)`, `await [x]`,
 * `for await` and others: it is added where it is missing. Where the await is in a function that may not have one, the
 * diagnostic gets another code, so that tslab reports it whatever kind of function that is.
 */
function correctAwaitDiagnostics(diagnostics, sourceFile) {
  const others = diagnostics.filter(({ file, code }) => file !== sourceFile || code !== AWAIT_OUTSIDE);
  const reported = diagnostics.filter((diagnostic) => !others.includes(diagnostic));
  const found = findAwait(sourceFile);
  const misplaced = reported
    .filter(({ start }) => isInFunction(ts.getTokenAtPosition(sourceFile, start)))
    .map((diagnostic) => ({ ...diagnostic, code: -AWAIT_OUTSIDE }));
  if (found === undefined) return [...others, ...misplaced];
  const start = found.getStart(sourceFile);
  return [...others, ...misplaced, { file: sourceFile, start, length: 'await'.length, code: AWAIT_OUTSIDE }];
}

/** The first `await` outside functions, of an expression or of a `for await`. */
function findAwait(node) {
  if (isBoundary(node)) return undefined;
  if (ts.isAwaitExpression(node)) return node.getChildAt(0);
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return node.awaitModifier;
  return ts.forEachChild(node, findAwait);
}

function isInFunction(node) {
  return node !== undefined && (isBoundary(node) || isInFunction(node.parent));
}

/** A static block and the initial value of a property are functions of their own too. */
function isBoundary(node) {
  return (
    ts.isFunctionLike(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isClassStaticBlockDeclaration(node) ||
    ts.isModuleDeclaration(node)
  );
}

module.exports = { correctAwaitDiagnostics };
