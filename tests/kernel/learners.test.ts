// What learners do all day: cells that fail half-way, promises that nobody awaits, pasted exports, cells that replace globals.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { printed, type Result, runCells, shown, traceback } from '../helpers/jupyter';

const interrupted = (code: string) => ({ code, interrupt: { printed: 'go', after: 0.3 } });

const cells = {
  fails:
    "import { basename } from 'node:path';\nconst kept = { n: 1 };\nfunction twice(n: number) { return 2 * n; }\nthrow new Error('half-way');",
  after: "[kept.n, twice(4), basename('a/b')]",
  stopped: interrupted("const model = { weights: [1, 2] };\nconsole.log('go');\nfor (;;) model.weights[0] += 1;"),
  look: 'model.weights[1]',
  broken: 'const kept: string = 5;',
  still: 'kept.n.toFixed(1)',
  promise: 'console.log({ a: Promise.resolve(1) });\nPromise.resolve(6)',
  exported: 'export const one: number = 1;\nexport function two() {\n  return 2;\n}\nexport type Count = number;',
  usesThem: 'const sum: Count = one + two();\nsum',
  unterminated: 'const text = `abc',
  unclosed: 'function open() {\n  return 1;',
  single: "throw new Error('once');",
  printedStack: "console.error(new Error('shown'));",
  tidies: interrupted(
    "const tidied: number[] = [];\nfunction tidy() {\n  try {\n    for (;;);\n  } finally {\n    for (const n of [1, 2, 3]) tidied.push(n);\n  }\n}\nconsole.log('go');\ntidy();",
  ),
  wasTidy: 'tidied',
  impatient: {
    code: "((globalThis as any)[Symbol.for('resnet-lab.signal')] as AbortSignal).addEventListener('abort', () => {});\nconsole.log('go');\nawait new Promise(() => {});",
    interrupt: { printed: 'go', after: 0.3, times: 2, every: 0.5 },
  },
  unhooked: "process.removeAllListeners('SIGINT');\n(Error as any).prepareStackTrace = undefined;",
  loop: interrupted("console.log('ready');\nconsole.log('steady');\nconsole.log('go');\nfor (;;);"),
  fake: "globalThis.setTimeout = (() => 0) as any;\nthrow new Error('fake timers');",
  last: '6 * 7',
};

describe('in the kernel', () => {
  let results: Record<keyof typeof cells, Result>;
  before(async () => {
    results = await runCells(cells);
  });

  it('what a cell assigned before it failed or was stopped is there, and what did not compile changes nothing', () => {
    assert.equal(shown(results.after), "[ 1, 8, 'b' ]");
    assert.equal(results.stopped.reply.ename, 'Interrupted');
    assert.equal(shown(results.look), '2');
    assert.equal(results.broken.reply.ename, 'TypeScriptError');
    assert.equal(shown(results.still), '1.0');
  });

  it('a promise shows its value and nothing of the kernel', () => {
    assert.equal(printed(results.promise), '{ a: Promise { 1 } }\n');
    assert.equal(shown(results.promise), 'Promise { 6 }');
  });

  it('exports are declarations like others', () => {
    assert.equal(shown(results.usesThem), '3');
  });

  it('what is wrong at the end of a cell is shown at its end', () => {
    assert.match(traceback(results.unterminated), /^line 1, column 18: Unterminated template literal\.\n> 1 \|/);
    assert.match(traceback(results.unclosed), /^line 2, column 12: '}' expected\.\n {2}1 \|.*\n> 2 \|/);
  });

  it('a stack has the frames of the cells and no others', () => {
    assert.equal(traceback(results.single).match(/ at /g)?.length, 1, traceback(results.single));
    assert.match(printed(results.printedStack, 'stderr'), /^Error: shown\n {4}at cell \d+, line 1, column 15\n$/);
  });

  it('an interrupted cell may tidy up; a second interrupt ends its patience', () => {
    assert.equal(results.tidies.reply.ename, 'Interrupted');
    assert.equal(shown(results.wasTidy), '[ 1, 2, 3 ]');
    assert.match(results.impatient.reply.evalue, /given up/);
    assert.ok(results.impatient.seconds < 20);
  });

  it('a cell that takes handlers and timers away harms no other', () => {
    assert.equal(results.loop.reply.ename, 'Interrupted');
    assert.equal(results.fake.reply.evalue, 'fake timers');
    assert.equal(shown(results.last), '42');
  });
});
