const { translate } = require('./cell-code.js');

/** Frames that are not the learner's: Node's own, tslab's, this kernel's. */
const INTERNAL_FRAME = /^\s+at .*(node:|node_modules[\\/]tslab[\\/]|jupyter[\\/]kernel[\\/])/;

/** Where in a cell an error arose: the innermost place. */
const places = new WeakMap();

/** Every stack, also one that a cell prints, names the cells' own lines. */
function translateStacks() {
  Error.prepareStackTrace = prepareStackTrace;
}

function prepareStackTrace(error, callSites) {
  const frames = callSites.map((site) => translate(`    at ${site}`)).filter(isOfCells);
  const innermost = frames.find(({ place }) => place !== undefined);
  if (innermost !== undefined) places.set(error, innermost.place);
  return [headline(error), ...frames.map(({ text }) => text)].join('\n');
}

const isOfCells = ({ text, isInternal }) => !isInternal && !INTERNAL_FRAME.test(text);

function headline(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}

module.exports = { translateStacks, placeOf: (error) => places.get(error) };
