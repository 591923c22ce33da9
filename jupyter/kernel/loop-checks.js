const ts = require('@tslab/typescript-for-tslab');

/** What the code of a cell calls the flag and the function of the checks; a cell gets them as parameters. */
const PARAMETERS = ['__flag$', '__check$'];

/**
 * A loop without an await never lets the event loop run, so it would never learn of an interrupt: every loop of a cell
 * begins its rounds with `if (__flag$[0] !== 0) __check$();`. A plain read, as `Atomics.load` is a call, which takes twice
 * as long; V8 keeps reads of shared memory inside their loops.
 */
const checkLoops = (context) => (sourceFile) => {
  const visit = (node) => {
    const visited = ts.visitEachChild(node, visit, context);
    return ts.isIterationStatement(node, false) ? withCheck(visited, context.factory) : visited;
  };
  return ts.visitNode(sourceFile, visit);
};

function withCheck(loop, factory) {
  const statements = ts.isBlock(loop.statement) ? loop.statement.statements : [loop.statement];
  const body = factory.createBlock([check(factory), ...statements], true);
  if (ts.isForStatement(loop))
    return factory.updateForStatement(loop, loop.initializer, loop.condition, loop.incrementor, body);
  if (ts.isForOfStatement(loop))
    return factory.updateForOfStatement(loop, loop.awaitModifier, loop.initializer, loop.expression, body);
  if (ts.isForInStatement(loop)) return factory.updateForInStatement(loop, loop.initializer, loop.expression, body);
  if (ts.isWhileStatement(loop)) return factory.updateWhileStatement(loop, loop.expression, body);
  return factory.updateDoStatement(loop, body, loop.expression);
}

function check(factory) {
  const [flag, callback] = PARAMETERS.map((name) => factory.createIdentifier(name));
  const zero = factory.createNumericLiteral(0);
  const raised = factory.createStrictInequality(factory.createElementAccessExpression(flag, zero), zero);
  const call = factory.createCallExpression(callback, undefined, []);
  return factory.createIfStatement(raised, factory.createExpressionStatement(call));
}

module.exports = { checkLoops, PARAMETERS };
