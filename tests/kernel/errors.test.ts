// What a cell that fails says: the learner's own lines, and nothing of the kernel.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Result, runCells, shown, traceback } from '../helpers/jupyter';

const cells = {
  define:
    "// a comment\ninterface Unused {\n  name: string;\n}\nconst fail = (x: number): number => {\n  throw new RangeError('no ' + x);\n};",
  earlier: 'const before: string[] = [];\n\nfail(5);',
  awaited:
    'type Pair = [number, number];\n\nawait null;\nfor (const i of [1, 2]) {\n  const pair: Pair = [i, i];\n  if (pair[0] === 2) throw new Error("second");\n}',
  types: "const a: number = 'a';\nlet b: string = '';\n\nb = 5;",
  chain: 'const wrong: { a: { b: number } } = { a: { b: "no" } };',
  cause: "throw new Error('outer', { cause: new TypeError('inner') });",
  aggregate: "await Promise.any([Promise.reject(new Error('one')), Promise.reject('two')]);",
  number: 'throw 7;',
  nothing: 'throw undefined;',
  getters:
    "const hostile = new Error('x');\nfor (const name of ['stack', 'message', 'name', 'cause']) Object.defineProperty(hostile, name, { get() { throw new Error('getter'); } });\nthrow hostile;",
  proxy: "throw new Proxy({}, { get() { throw new Error('trap'); }, getPrototypeOf() { throw new Error('trap'); } });",
  circular: "const circular = new Error('circular');\ncircular.cause = circular;\nthrow circular;",
  foreign: "import vm from 'node:vm';\nvm.runInNewContext(\"throw new TypeError('of another realm')\");",
  syntax: 'const = 3;',
  late: "setTimeout(() => { throw new Error('late'); }, 0);\nPromise.reject(new Error('unhandled'));\nawait new Promise((resolve) => setTimeout(resolve, 50));",
  alive: '1 + 1',
};

describe('a cell that fails', () => {
  let results: Record<keyof typeof cells, Result>;
  before(async () => {
    results = await runCells(cells);
  });

  it('names the lines of this cell and of earlier ones, with the code of the innermost', () => {
    const lines = results.earlier.reply.traceback;
    assert.equal(lines[0], 'RangeError: no 5');
    assert.match(lines[1], /^ {4}at fail \(cell 1, line 6, column \d+\)$/);
    assert.match(lines[2], /^ {4}at cell 2, line 3, column 1$/);
    assert.match(traceback(results.earlier), /> 6 \| {3}throw new RangeError/);
    assert.doesNotMatch(traceback(results.earlier), /node:|node_modules|jupyter|cell:/);
  });

  it('names the line after an await, inside a loop', () => {
    assert.match(traceback(results.awaited), /cell 3, line 6, column 28/);
  });

  it('reports every type error with its place and code', () => {
    const { ename, evalue } = results.types.reply;
    assert.deepEqual([ename, evalue], ['TypeScriptError', "Type 'string' is not assignable to type 'number'."]);
    assert.match(
      traceback(results.types),
      /line 1, column 7: Type 'string'[\s\S]*> 1 \| const a[\s\S]*line 4, column 1: Type 'number'[\s\S]*> 4 \| b = 5/,
    );
    assert.match(traceback(results.chain), /line 1, column 44: .*[\s\S]*> 1 \| const wrong/);
    assert.match(traceback(results.syntax), /line 1, column 7/);
  });

  it('shows causes and the errors of an aggregate', () => {
    assert.match(traceback(results.cause), /^Error: outer[\s\S]*Caused by: TypeError: inner[\s\S]*cell 6, line 1/);
    assert.match(
      traceback(results.aggregate),
      /^AggregateError[\s\S]*One of its errors: Error: one[\s\S]*One of its errors: 'two'/,
    );
    assert.equal(traceback(results.circular).match(/Error: circular/g)?.length, 1);
  });

  it('may throw anything', () => {
    assert.deepEqual([results.number.reply.evalue, results.nothing.reply.evalue], ['7', 'undefined']);
    for (const result of [results.number, results.nothing, results.getters, results.proxy])
      assert.equal(result.reply.status, 'error');
    assert.deepEqual([results.foreign.reply.ename, results.foreign.reply.evalue], ['TypeError', 'of another realm']);
  });

  it('says what fails later, and the kernel goes on', () => {
    const [, , ...rest] = results.late.messages.map(({ content }) => content.text);
    assert.match(JSON.stringify(results.late.messages), /Uncaught Error: late/);
    assert.match(JSON.stringify(results.late.messages), /Unhandled rejection: Error: unhandled/, rest.join());
    assert.equal(shown(results.alive), '2');
  });
});
