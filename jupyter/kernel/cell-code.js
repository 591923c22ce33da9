const { SourceMap } = require('node:module');

/** How the stacks of V8 name the code of a cell, and a place in it. */
const nameOf = (id) => `cell:///${id}`;
const PLACE = /cell:\/\/\/(\d+):(\d+):(\d+)/;
/** tslab puts a line of its own before the cell. */
const LINES_BEFORE = 1;

/** The code of every cell that ran, to find the place in TypeScript of a place in JavaScript. */
const codes = [];

/** Keeps a cell's source and gives the name under which it is to run. */
function addCode(number, source, maps, compiled) {
  const length = compiled.split('\n').length - 1; // its last line is tslab's, which calls the cell
  return nameOf(codes.push({ number, source, maps, length }) - 1);
}

/**
 * Replaces a place in compiled code by the cell's number and the learner's line and column; else `text` as it is. A place
 * that no learner wrote is internal.
 */
function translate(text) {
  const place = find(text);
  if (place === undefined) return { text, isInternal: PLACE.test(text) };
  const words = `cell ${place.number}, line ${place.line}, column ${place.column}`;
  // tslab calls the functions of earlier cells as methods of a proxy.
  return { text: text.replace(PLACE, words).replace(/at (async )?Proxy\./, 'at $1'), place };
}

function find(text) {
  const match = PLACE.exec(text);
  if (match === null) return undefined;
  const [id, line, column] = match.slice(1).map(Number);
  const code = codes[id];
  if (line > code.length) return undefined;
  code.parsed ??= code.maps.map((map) => new SourceMap(JSON.parse(map)));
  let place = { originalLine: line - 1, originalColumn: column - 1 };
  for (const map of code.parsed) place = map.findEntry(place.originalLine, place.originalColumn);
  if (place.originalLine === undefined) return undefined;
  const { number, source } = code;
  return { number, source, line: place.originalLine + 1 - LINES_BEFORE, column: place.originalColumn + 1 };
}

module.exports = { addCode, translate };
