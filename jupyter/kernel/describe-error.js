const { types, inspect } = require('node:util');
const { codeFrameColumns } = require('@babel/code-frame');
const { placeOf } = require('./stack.js');

/** How many errors a chain of causes may show. */
const MOST_ERRORS = 10;

/** A thrown value as the Jupyter protocol words it: `{ ename, evalue, traceback }`. */
function describeError(error) {
  const errors = related(error);
  const traceback = errors.flatMap(({ label, value }) => describeOne(label, value));
  if (!isError(error)) return { ename: 'Error', evalue: print(error), traceback };
  return { ename: read(error, 'name') ?? 'Error', evalue: read(error, 'message') ?? '', traceback };
}

/** The error, then its causes and parts, each once. */
function related(error) {
  const found = [{ label: '', value: error }];
  for (let i = 0; i < found.length && found.length < MOST_ERRORS; i++) {
    const { value } = found[i];
    const seen = new Set(found.map((one) => one.value));
    const add = (label, next) => next !== undefined && !seen.has(next) && found.push({ label, value: next });
    if (!isError(value)) continue;
    add('Caused by: ', get(value, 'cause'));
    const parts = get(value, 'errors');
    if (Array.isArray(parts) && !types.isProxy(parts)) for (const part of parts) add('One of its errors: ', part);
  }
  return found.slice(0, MOST_ERRORS);
}

function describeOne(label, error) {
  if (!isError(error)) return [`${label || 'Thrown: '}${print(error)}`];
  const stack = read(error, 'stack') ?? `${read(error, 'name') ?? 'Error'}: ${read(error, 'message') ?? ''}`;
  const [first, ...frames] = stack.split('\n');
  const place = placeOf(error);
  return [label + first, ...frames, ...(place === undefined ? [] : ['', codeFrame(place.source, place)])];
}

function codeFrame(source, { line, column }) {
  return codeFrameColumns(source, { start: { line, column } }, { highlightCode: false });
}

/** Errors of another realm included, which `instanceof` misses. A proxy is none: it may answer as it likes. */
function isError(value) {
  return types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error);
}

/** A property of a value that may have a getter which throws. */
function get(value, name) {
  try {
    return value[name];
  } catch {
    return undefined;
  }
}

/** The same in words; undefined where there are none. */
function read(value, name) {
  const found = get(value, name);
  if (found === undefined) return undefined;
  return typeof found === 'string' ? found : print(found);
}

function print(value) {
  try {
    return inspect(value);
  } catch {
    return 'a value that cannot be printed';
  }
}

module.exports = { describeError, codeFrame };
