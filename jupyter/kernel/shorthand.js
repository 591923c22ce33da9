const ts = require('@tslab/typescript-for-tslab');

/**
 * tslab turns a name of an earlier cell into a property of its `exports`, but overlooks the shorthand `{ name }`, which
 * then fails when it runs. Before tslab sees it, the shorthand becomes `{ name: name }`.
 */
const expandShorthand = (context) => (sourceFile) => {
  const { factory } = context;
  const visit = (node) => {
    if (ts.isShorthandPropertyAssignment(node) && node.objectAssignmentInitializer === undefined) {
      return factory.createPropertyAssignment(factory.createIdentifier(node.name.text), node.name);
    }
    return ts.visitEachChild(node, visit, context);
  };
  return ts.visitNode(sourceFile, visit);
};

/** The value in a shorthand is still a part of the shorthand to the checker: tell what it refers to. */
function resolveShorthandValues(checker) {
  const { getSymbolAtLocation } = checker;
  checker.getSymbolAtLocation = (node) =>
    node.parent !== undefined && ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node
      ? checker.getShorthandAssignmentValueSymbol(node.parent)
      : getSymbolAtLocation(node);
  return () => {
    checker.getSymbolAtLocation = getSymbolAtLocation;
  };
}

module.exports = { expandShorthand, resolveShorthandValues };
