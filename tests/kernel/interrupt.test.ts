// Interrupts: what runs stops, what listens may tidy up, and the next cell runs as if nothing had been.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { printed, type Result, runCells, type Step, shown, traceback } from '../helpers/jupyter';

const SIGNAL = "(globalThis as any)[Symbol.for('resnet-lab.signal')] as AbortSignal";
const SLEEP = 'await new Promise((resolve) => setTimeout(resolve, 20));';
const interrupted = (code: string, more = {}): Step => ({ code, interrupt: { printed: 'go', after: 0.3, ...more } });

const cells = {
  define: `function spin(): never {\n  let n = 0;\n  while (true) {\n    n++;\n  }\n}\nasync function tick(list: number[]) {\n  for (;;) {\n    list.push(1);\n    ${SLEEP}\n  }\n}\nconst ticks: number[] = [];`,
  loop: interrupted("console.log('go');\nlet m = 0;\ndo m++; while (true);"),
  function: interrupted("console.log('go');\nspin();"),
  afterAwait: interrupted(
    "await null;\nconsole.log('go');\nouter: for (;;) { for (const x of [1, 2]) continue outer; }",
  ),
  catching: interrupted("console.log('go');\nwhile (true) { try { spin(); } catch {} }"),
  waiting: interrupted("console.log('go');\nawait new Promise(() => {});"),
  listening: interrupted(
    `const signal = ${SIGNAL};\nconsole.log('go');\nawait new Promise<void>((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 1200)));\n\`tidied up: \${signal.reason.name}\``,
  ),
  busy: interrupted(
    `const busy = setInterval(() => {
  console.log('go');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700); // as a long step of a training
}, 1);
await new Promise<void>((resolve) => (${SIGNAL}).addEventListener('abort', () => setTimeout(resolve, 600)));
clearInterval(busy);
'tidied up'`,
  ),
  polling: interrupted(`console.log('go');\nwhile (!(${SIGNAL}).aborted) { ${SLEEP} }\n'ended'`),
  leftover: interrupted("console.log('go');\nawait tick(ticks);"),
  free: `const counted = ticks.length;\nlet sum = 0;\nfor (let i = 0; i < 1e6; i++) sum += i;\nfor (let i = 0; i < 20; i++) { ${SLEEP} }\n[ticks.length - counted <= 1, sum, ${SIGNAL} === undefined, (${SIGNAL}).aborted]`,
  message: interrupted("console.log('go');\nawait new Promise(() => {});", { by: 'message' }),
  many: interrupted("console.log('go');\nspin();", { times: 200, every: 0.001 }),
  again: interrupted("console.log('go');\nspin();"),
  listener: interrupted("process.on('SIGINT', () => {});\nconsole.log('go');\nawait new Promise(() => {});"),
  unwatched: {
    code: `import { existsSync, readdirSync, readFileSync } from 'node:fs';
const tasks = existsSync('/proc/self/task') ? readdirSync('/proc/self/task') : []; // elsewhere nothing is killed
const children = tasks.flatMap((task) => readFileSync(\`/proc/self/task/\${task}/children\`, 'utf8').match(/\\d+/g) ?? []);
for (const child of children) process.kill(Number(child), 'SIGKILL');
console.log(children.length);
await new Promise((resolve) => setTimeout(resolve, 1500));
console.log('go');
for (;;);`,
    interrupt: { printed: 'go', after: 0.3 },
  },
  last: '6 * 7',
};

describe('an interrupt', () => {
  let results: Record<keyof typeof cells, Result>;
  before(async () => {
    results = await runCells(cells);
  });

  for (const name of [
    'loop',
    'function',
    'afterAwait',
    'catching',
    'waiting',
    'message',
    'many',
    'listener',
    'unwatched',
  ] as const)
    it(`stops a cell: ${name}`, () => {
      assert.equal(results[name].reply.ename, 'Interrupted', JSON.stringify(results[name]));
      assert.ok(results[name].seconds < 20);
    });

  it('names the line where a loop stopped', () => {
    assert.match(traceback(results.function), /at spin \(cell 1, line 3, .*\n.*at cell 3, line 2/);
    assert.doesNotMatch(traceback(results.function), /node:|jupyter|tslab/);
  });

  it('lets a cell end that listens to its signal, or looks at it', () => {
    assert.equal(shown(results.listening), 'tidied up: Interrupted');
    assert.equal(shown(results.polling), 'ended');
  });

  it('counts once where its two ways into a busy kernel take different times', () => {
    assert.equal(shown(results.busy), 'tidied up', JSON.stringify(results.busy.reply));
  });

  it('stops for ever what was given up, while later cells run', () => {
    assert.equal(results.leftover.reply.ename, 'Interrupted');
    assert.equal(shown(results.free), '[ true, 499999500000, false, false ]');
    assert.equal(printed(results.free, 'stderr'), '');
    assert.equal(shown(results.last), '42');
  });
});

describe('a signal to the kernel alone, without its process group', () => {
  it('stops a cell that waits, too', async () => {
    const { waiting, last } = await runCells({
      waiting: "setTimeout(() => process.kill(process.pid, 'SIGINT'), 300);\nawait new Promise(() => {});",
      last: '6 * 7',
    });
    assert.equal(waiting.reply.ename, 'Interrupted');
    assert.equal(shown(last), '42');
  });
});
