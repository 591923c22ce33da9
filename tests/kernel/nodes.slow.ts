// The kernel on every Node that the project supports.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { last, printed, runCells, shown, traceback } from '../helpers/jupyter';
import { fetchNode, NODE_VERSIONS } from '../helpers/node-versions';

const cells = {
  version: 'process.version',
  stream: 'for (let i = 0; i < 5000; i++) console.log(i);',
  fail: 'interface A {\n  a: number;\n}\nconst fail = (a: A) => {\n  throw new RangeError(String(a.a));\n};',
  error: 'await null;\nfail({ a: 5 });',
  type: 'const a: A = { a: "" };',
  await: 'const list = [await (Promise.resolve(1))];\nfor await (const x of [2, 3]) list.push(x);\nlist',
  loop: { code: "console.log('go');\nfor (;;);", interrupt: { printed: 'go', after: 0.3, times: 50 } },
  later: { code: "await null;\nconsole.log('go');\nfor (;;);", interrupt: { printed: 'go', after: 0.3 } },
  wait: { code: "console.log('go');\nawait new Promise(() => {});", interrupt: { printed: 'go', after: 0.3 } },
  signal: {
    code: "const signal: AbortSignal = (globalThis as any)[Symbol.for('resnet-lab.signal')];\nconsole.log('go');\nawait new Promise((resolve) => signal.addEventListener('abort', resolve));\nsignal.reason.name",
    interrupt: { printed: 'go', after: 0.3 },
  },
  rich: "({ async [Symbol.for('Jupyter.display')]() { return { 'text/html': '<b></b>' }; } })",
  library: "import { tf } from 'resnet-lab';\ntf.tensor1d([1, 2]).shape",
};

for (const version of NODE_VERSIONS)
  it(`the kernel runs on Node ${version}`, async () => {
    const results = await runCells(cells, { node: await fetchNode(version) });
    assert.ok(String(shown(results.version)).startsWith(`v${version}.`));
    assert.equal(printed(results.stream).split('\n').length, 5001);
    assert.match(traceback(results.error), /at fail \(cell 3, line 5, column \d+\)\n.*cell 4, line 2/);
    assert.doesNotMatch(traceback(results.error), /node:|node_modules|jupyter/);
    assert.equal(results.type.reply.ename, 'TypeScriptError');
    assert.equal(shown(results.await), '[ 1, 2, 3 ]');
    for (const name of ['loop', 'later', 'wait'] as const)
      assert.equal(results[name].reply.ename, 'Interrupted', JSON.stringify(results[name]));
    assert.equal(shown(results.signal), 'Interrupted');
    assert.ok('text/html' in last(results.rich).data);
    assert.equal(shown(results.library), '[ 2 ]');
  });
