// Top-level await in every form, and what becomes of the names and types of such cells.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { last, type Result, runCells, shown } from '../helpers/jupyter';

const numbers = '(async function* () { yield 1; yield 2; })()';
const forms: Record<string, [code: string, value: string]> = {
  plain: ['await Promise.resolve(1)', '1'],
  parenthesised: ['(await Promise.resolve(2))', '2'],
  'of parentheses': ['await (Promise.resolve(3))', '3'],
  'of a list': ['await [4]', '[ 4 ]'],
  'of an expression': ['await (async () => 5)()', '5'],
  argument: ['String(await Promise.resolve(6))', '6'],
  element: ['[await Promise.resolve(7)]', '[ 7 ]'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a cell's code
  template: ['`${await Promise.resolve(8)}!`', '8!'],
  condition: ['let ninth = 0;\nif (await (Promise.resolve(true))) ninth = 9;\nninth', '9'],
  loop: ['let tenth = 0;\nfor (let i = 0; i < 10; i++) { tenth += await (Promise.resolve(1)); }\ntenth', '10'],
  'for await': [`let sum = 0;\nfor await (const x of ${numbers}) sum += x;\nsum`, '3'],
  'for await in a block': [
    `let product = 1;\n{\n  for await (const x of ${numbers}) { product *= x; }\n}\nproduct`,
    '2',
  ],
};
const others = {
  declare: 'const declared = await ([1, 2]);\nconst { a = await (Promise.resolve("x")) } = {} as { a?: string };',
  use: 'const total: number = declared[1];\n[total, a.length]',
  typed: 'const wrong: string = declared[0];',
  error: 'await (Promise.resolve(1));\nconst other: string = 5;',
  function: 'const misplaced = () => { await (1); };',
  method: 'const object = { method() { await Promise.resolve(1); } };',
  syntax: 'await (1;',
};

describe('top-level await', () => {
  let results: Record<string, Result>;
  before(async () => {
    const cells = Object.fromEntries(Object.entries(forms).map(([name, [code]]) => [name, code]));
    results = await runCells({ ...cells, ...others });
  });

  for (const [name, [, value]] of Object.entries(forms))
    it(`works: ${name}`, () => assert.equal(shown(results[name]), value));

  it('declares names with their types for later cells', () => {
    assert.equal(shown(results.use), '[ 2, 1 ]');
    assert.match(last(results.typed).evalue, /'number' is not assignable to type 'string'/);
  });

  it('hides no error', () => {
    assert.match(last(results.error).evalue, /'number' is not assignable to type 'string'/);
    for (const name of ['function', 'method', 'syntax']) {
      assert.equal(results[name].reply.ename, 'TypeScriptError', name);
    }
  });
});
