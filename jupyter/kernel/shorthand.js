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

/**
 * The value in a shorthand is still a part of the shorthand to the checker: tell what it refers to. The name of a property
 * that a pattern takes apart, `{ name: local }`, refers to no variable, though an earlier cell may declare its type.
 */
function resolveNames(checker) {
  const { getSymbolAtLocation } = checker;
  checker.getSymbolAtLocation = (node) => {
    const { parent } = node;
    if (parent === undefined) return getSymbolAtLocation(node);
    if (ts.isBindingElement(parent) && parent.propertyName === node) return undefined;
    if (ts.isPropertyAssignment(parent) && parent.name === node) return undefined;
    if (ts.isShorthandPropertyAssignment(parent) && parent.name === node)
      return checker.getShorthandAssignmentValueSymbol(parent);
    return getSymbolAtLocation(node);
  };
  return () => {
    checker.getSymbolAtLocation = getSymbolAtLocation;
  };
}

module.exports = { expandShorthand, resolveNames };
