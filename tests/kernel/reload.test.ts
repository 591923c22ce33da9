// Files of the project that change while the kernel runs: the next cell has them, with their types.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { last, printed, type Result, runCells, shown } from '../helpers/jupyter';

// A package of the project is no file below node_modules, so the kernel must see it inside the repository.
const folder = mkdtempSync(join(__dirname, 'made-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const module = `../tests/kernel/${basename(folder)}/index`;

/** A cell that writes files of the package, by name. */
const write = (files: Record<string, string>, more = '') => {
  const calls = Object.entries(files).map(
    ([name, text]) =>
      `require('node:fs').writeFileSync(${JSON.stringify(join(folder, name))}, ${JSON.stringify(text)});`,
  );
  return [...calls, more].join('\n');
};
const part = (value: string, type: string) => ({
  'part.js': `exports.value = ${value};\nexports.describe = () => 'part ' + exports.value;`,
  'part.d.ts': `export declare const value: ${type};\nexport declare function describe(): string;`,
});
const INDEX = `const part = require('./part.js');
for (const name of ['value', 'describe']) Object.defineProperty(exports, name, { enumerable: true, get: () => part[name] });
exports.state = require('./state.js').state;`;

const cells = {
  create: write({
    'index.js': INDEX,
    'index.d.ts': "export * from './part';\nexport * from './state';",
    'state.js': 'exports.state = { loaded: Math.random() };',
    'state.d.ts': 'export declare const state: { loaded: number };',
    ...part('1', 'number'),
  }),
  import: `import { value, describe as words, state } from '${module}';\nimport * as all from '${module}';\nconst kept = state;\n[value, words(), all.value]`,
  use: 'const use = () => value;',
  change: write(part("'two'", 'string')),
  again: 'const text: string = value;\n[text, words(), all.value, use(), state === kept, all.state === kept]',
  oldType: 'const wrong: number = value;',
  touch: write({ 'state.js': 'exports.state = { loaded: Math.random() };' }),
  touched: 'state === kept',
  missing: `require('node:fs').renameSync(${JSON.stringify(join(folder, 'part.js'))}, ${JSON.stringify(join(folder, 'away'))});`,
  without: '[value, words()]',
  back: `require('node:fs').renameSync(${JSON.stringify(join(folder, 'away'))}, ${JSON.stringify(join(folder, 'part.js'))});`,
  breaks: write({ 'part.js': 'exports.value = ;' }),
  broken: 'value',
  repairs: write(part('3', 'number')),
  repaired: '[value.toFixed(1), words(), state === kept]',
};

describe('a changed module', () => {
  let results: Record<keyof typeof cells, Result>;
  before(async () => {
    results = await runCells(cells);
  });

  it('is loaded anew with what needs it, and names of earlier cells follow', () => {
    assert.equal(shown(results.import), "[ 1, 'part 1', 1 ]");
    assert.equal(shown(results.again), "[ 'two', 'part two', 'two', 'two', true, true ]");
  });

  it('has its new types', () =>
    assert.match(last(results.oldType).evalue, /'string' is not assignable to type 'number'/));

  it('is one whose content changed, not its date only, nor one that is being written', () => {
    assert.equal(shown(results.touched), 'true');
    assert.equal(shown(results.without), "[ 'two', 'part two' ]");
  });

  it('that is broken leaves what was, and says so, until it is repaired', () => {
    assert.equal(shown(results.broken), 'two');
    assert.match(printed(results.broken, 'stderr'), /cannot be loaded[\s\S]*SyntaxError/);
    assert.equal(shown(results.repaired), "[ '3.0', 'part 3', true ]");
  });
});
