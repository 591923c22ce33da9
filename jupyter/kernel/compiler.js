// The compiler that tslab uses, corrected from outside. To be required before tslab's converter.
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

function correctEmit(builder) {
  const { emit } = builder;
  builder.emit = (file, write, token, declarationsOnly, transformers = {}) => {
    const restore = resolveShorthandValues(builder.getProgram().getTypeChecker());
    try {
      const before = [expandShorthand, ...(transformers.before ?? [])];
      return emit.call(builder, file, write, token, declarationsOnly, { ...transformers, before });
    } finally {
      restore();
    }
  };
  return builder;
}

function createWatchCompilerHost(rootNames, options, ...rest) {
  const host = ts.createWatchCompilerHost(rootNames, { ...options, strict: true }, ...rest);
  let afterProgramCreate;
  return Object.defineProperty(host, 'afterProgramCreate', {
    get: () => afterProgramCreate,
    set(callback) {
      afterProgramCreate = (builder) => callback(correctEmit(builder));
    },
  });
}

// The module's properties can't be assigned, so tslab is given a copy with one of them replaced.
require.cache[require.resolve('@tslab/typescript-for-tslab')].exports = Object.defineProperties(
  {},
  {
    ...Object.getOwnPropertyDescriptors(ts),
    createWatchCompilerHost: { value: createWatchCompilerHost, enumerable: true },
  },
);
