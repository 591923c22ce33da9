const { inspect } = require('node:util');

/** A value with a method of this name says how it is shown: by a MIME bundle, at once or later. */
const DISPLAY = Symbol.for('Jupyter.display');

/** The data of an `execute_result`. */
async function resultData(value) {
  try {
    const bundle = await value[DISPLAY]?.();
    if (bundle !== undefined) {
      const data = { 'text/plain': inText(value), ...bundle };
      JSON.stringify(data); // what can't be sent fails here
      return data;
    }
  } catch (error) {
    process.stderr.write(`The value's own display failed, so it is shown as text: ${inText(error)}\n`);
  }
  return { 'text/plain': inText(value) };
}

function inText(value) {
  try {
    return typeof value === 'string' ? value : inspect(value, { depth: 4 });
  } catch {
    return 'a value that cannot be printed';
  }
}

module.exports = { resultData };
