// What cells print and show: nothing is lost, nothing overtakes.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { last, printed, type Result, runCells, shown, types } from '../helpers/jupyter';

const DISPLAY = "[Symbol.for('Jupyter.display')]";
const cells = {
  lines: "for (let i = 0; i < 20_000; i++) console.log('line', i);",
  spaced: 'for (let i = 0; i < 3000; i++) { console.log(i); await new Promise((resolve) => setImmediate(resolve)); }',
  large: "console.log('x'.repeat(5_000_000));",
  order:
    "import { newDisplay } from 'tslab';\nfor (let i = 0; i < 3; i++) { console.log('out', i); console.error('err', i); newDisplay().text('shown ' + i); }",
  writes:
    "const calls: string[] = [];\nconst returned = process.stdout.write('a', () => calls.push('plain'));\nprocess.stdout.write('62', 'hex', () => calls.push('hex'));\nconst euro = Buffer.from('€');\nprocess.stdout.write(euro.subarray(0, 1));\nprocess.stdout.write(euro.subarray(1));\nconst early = calls.length;\nawait new Promise((resolve) => setTimeout(resolve, 10));\n[returned, early, calls.join()]",
  displays: "import { display } from 'tslab';\nfor (let i = 0; i < 5000; i++) display.text(String(i));",
  timer: "setTimeout(() => console.log('from a timer'), 100);",
  later: 'await new Promise((resolve) => setTimeout(resolve, 300));',
  rich: `({ ${DISPLAY}: () => ({ 'text/html': '<b>bold</b>' }), x: 1 })`,
  async: `({ async ${DISPLAY}() { return { 'text/plain': 'own words', 'text/html': '<i>late</i>' }; } })`,
  throwing: `({ ${DISPLAY}() { throw new Error('no display'); }, y: 2 })`,
  unsendable: `({ ${DISPLAY}: () => ({ 'application/json': 1n }), z: 3 })`,
  hostile: "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no inspect'); } })",
  nullish: 'null',
};

let results: Record<keyof typeof cells, Result>;
before(async () => {
  results = await runCells(cells);
});

describe('output', () => {
  it('of many lines is complete and in order, in few messages', () => {
    const expected = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('');
    assert.equal(printed(results.lines), expected);
    assert.ok(results.lines.messages.length < 2000);
    assert.equal(printed(results.spaced), Array.from({ length: 3000 }, (_, i) => `${i}\n`).join(''));
  });

  it('of many displays is complete', () => assert.equal(results.displays.messages.length, 5001));

  it('may be large', () => assert.equal(printed(results.large).length, 5_000_001));

  it('keeps the order of the streams and displays', () => {
    const one = ['stream', 'stream', 'display_data'];
    assert.deepEqual(types(results.order), ['execute_input', ...one, ...one, ...one]);
    const texts = results.order.messages.slice(1).map(({ content }) => content.text ?? content.data['text/plain']);
    assert.deepEqual(texts.slice(0, 4), ['out 0\n', 'err 0\n', 'shown 0', 'out 1\n']);
  });

  it('goes through a stream as Node has it', () => {
    assert.equal(printed(results.writes), 'ab€');
    assert.equal(shown(results.writes), "[ true, 0, 'plain,hex' ]");
  });

  it('of a timer goes to the cell that runs', () => assert.equal(printed(results.later), 'from a timer\n'));
});

describe('the last value', () => {
  it('may say how it is shown, at once or later', () => {
    assert.equal(last(results.rich).data['text/html'], '<b>bold</b>');
    assert.match(String(shown(results.rich)), /x: 1/);
    assert.deepEqual(last(results.async).data, { 'text/plain': 'own words', 'text/html': '<i>late</i>' });
  });

  it('is shown as text where its own display fails', () => {
    assert.match(String(shown(results.throwing)), /y: 2/);
    assert.match(printed(results.throwing, 'stderr'), /no display/);
    assert.match(String(shown(results.unsendable)), /z: 3/);
    assert.equal(results.hostile.reply.status, 'ok');
    assert.deepEqual(types(results.nullish), ['execute_input']);
  });
});
