// The kernel, driven by a real Jupyter client: what happened is what it says.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { last, type Result, runCells, runKernel, types } from '../helpers/jupyter';

describe('cells that are sent one by one', () => {
  const cells = {
    print: "console.log('printed'); console.error('warned');",
    value: '6 * 7',
    nothing: 'const seven: number = 7;',
    state: 'seven + 1',
    typeError: "const text: string = 'a';\nconst wrong: number = 'b';",
    exception: "function fail(): never { throw new RangeError('out of range'); }\nfail();",
    rejection: "await Promise.reject(new Error('later'));",
    thrown: "throw 'a string';",
    afterErrors: 'await Promise.resolve(seven)',
    shorthand:
      'const object = { seven, double: () => ({ seven, twice: 2 * seven }) };\n[object.seven, object.double()]',
    assignment: 'let a = 0;\nlet b = 0;\n({ a, b = 5 } = { a: seven, b: undefined });\n[a, b]',
    pattern: 'interface Stop { place: string; seconds: number }\nconst stop: Stop = { place: "Ulm", seconds: 7 };',
    patternLater:
      'const { place: name, seconds } = stop;\n[({ place: p }: Stop) => p, (s: Stop) => s.place].map((f) => f(stop) + name + seconds)',
    strict: 'const missing: string = undefined;',
    library: "import { tf } from 'resnet-lab';\ntf.tensor1d([1, 2]).shape",
    display: "import { show } from 'resnet-lab';\nshow({ data: [], layout: { height: 1 }, description: 'nothing' });",
  };
  let results: Record<keyof typeof cells, Result>;
  before(async () => {
    results = await runCells(cells);
  });

  it('echo their input with a number that counts up', () => {
    Object.entries(cells).forEach(([name, code], i) => {
      const { messages, reply } = results[name as keyof typeof cells];
      assert.deepEqual(messages[0], { type: 'execute_input', content: { code, execution_count: i + 1 } });
      assert.equal(reply.execution_count, i + 1);
    });
  });

  it('print on the two streams', () => {
    const streams = results.print.messages.slice(1).map(({ content }) => content);
    assert.deepEqual(streams, [
      { name: 'stdout', text: 'printed\n' },
      { name: 'stderr', text: 'warned\n' },
    ]);
    assert.equal(results.print.reply.status, 'ok');
  });

  it('give their last value as a result, and nothing where there is none', () => {
    assert.deepEqual(last(results.value), { data: { 'text/plain': '42' }, metadata: {}, execution_count: 2 });
    assert.deepEqual(types(results.nothing), ['execute_input']);
    assert.equal(last(results.state).data['text/plain'], '8');
    assert.equal(last(results.afterErrors).data['text/plain'], '7');
    assert.equal(last(results.library).data['text/plain'], '[ 2 ]');
  });

  it('use names of earlier cells in the shorthand of objects', () => {
    assert.equal(last(results.shorthand).data['text/plain'], '[ 7, { seven: 7, twice: 14 } ]');
    assert.equal(last(results.assignment).data['text/plain'], '[ 7, 5 ]');
  });

  it('take apart what an earlier cell gave a type', () => {
    assert.equal(last(results.patternLater).data['text/plain'], "[ 'UlmUlm7', 'UlmUlm7' ]");
  });

  it('are checked strictly', () => {
    assert.match(last(results.strict).evalue, /'undefined' is not assignable to type 'string'/);
  });

  it('report a type error with its place, and run nothing', () => {
    assert.deepEqual(types(results.typeError), ['execute_input', 'error']);
    const { ename, evalue, traceback } = last(results.typeError);
    assert.equal(ename, 'TypeScriptError');
    assert.match(evalue, /'string' is not assignable to type 'number'/);
    assert.match(traceback[0], /line 2, column 7/);
    assert.equal(results.typeError.reply.status, 'error');
    assert.equal(results.typeError.reply.ename, 'TypeScriptError');
  });

  it('report an exception, thrown at once or later, without frames of the kernel', () => {
    const { ename, evalue, traceback } = last(results.exception);
    assert.deepEqual([ename, evalue], ['RangeError', 'out of range']);
    assert.match(traceback.join('\n'), /at fail/);
    assert.doesNotMatch(traceback.join('\n'), /node_modules.tslab|jupyter.kernel|node:internal/);
    assert.deepEqual([last(results.rejection).ename, last(results.rejection).evalue], ['Error', 'later']);
    assert.equal(last(results.thrown).evalue, "'a string'");
    for (const result of [results.exception, results.rejection, results.thrown])
      assert.equal(result.reply.status, 'error');
  });

  it('show a figure as Plotly JSON, as a picture and in words', () => {
    const { type, content } = results.display.messages[results.display.messages.length - 1];
    assert.equal(type, 'display_data');
    const { 'image/svg+xml': svg, ...others } = content.data;
    assert.deepEqual(others, {
      'application/vnd.plotly.v1+json': { data: [], layout: { height: 1 } },
      'text/plain': 'nothing',
    });
    assert.match(String(svg), /^<svg .*<title>nothing<\/title>.*<\/svg>$/);
  });
});

describe('cells that are sent together', () => {
  const cells = ['1', "throw new Error('stop');", '3', '4'];

  it('run one after the other; after an error the rest is aborted', async () => {
    const results = await runKernel({ steps: cells, together: true });
    assert.deepEqual(
      results.map(({ reply }) => reply.status),
      ['ok', 'error', 'aborted', 'aborted'],
    );
    assert.deepEqual(results.slice(2).map(types), [[], []]);
  });

  it('all run when the client does not want to stop on errors', async () => {
    const results = await runKernel({
      steps: cells.map((code) => ({ code, options: { stop_on_error: false } })),
      together: true,
    });
    assert.deepEqual(
      results.map(({ reply }) => reply.status),
      ['ok', 'error', 'ok', 'ok'],
    );
    assert.equal(last(results[3]).data['text/plain'], '4');
  });

  it('are silent when asked to be', async () => {
    const [result] = await runKernel({ steps: [{ code: '5', options: { silent: true } }] });
    assert.deepEqual(types(result), []);
    assert.equal(result.reply.status, 'ok');
  });
});
