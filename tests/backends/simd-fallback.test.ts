// What happens where the simd backend can't run, or not as fast: a script takes something away from its Node first.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runScript } from '../helpers/child';
import { assertClose } from '../helpers/close';

/** What is taken away, and how the backend's reason begins. */
const LACKS: Record<string, [first: string, reason: string]> = {
  'WebAssembly SIMD': ['WebAssembly.validate = () => false;', 'This Node or processor has no WebAssembly SIMD'],
  SharedArrayBuffer: ['delete globalThis.SharedArrayBuffer;', 'This Node has no SharedArrayBuffer'],
  'four gigabytes of addresses': [
    `WebAssembly.Memory = class { constructor() { throw new RangeError('could not allocate memory'); } };`,
    'could not allocate memory',
  ],
};

/** What Node adds to a warning's first line. */
const isHint = (line: string) => line.startsWith('(Use `node --trace-warnings');

describe('a Node without what simd needs', () => {
  for (const [name, [first, reason]] of Object.entries(LACKS)) {
    it(`computes with the next backend and says why in one sentence: no ${name}`, async () => {
      const script = `
        const { name } = await lab.useBackend();
        console.log(name, tf.getBackend(), ...tf.add(tf.ones([2]), 1).dataSync());`;
      const { code, stdout, stderr } = await runScript(script, { first });
      assert.equal(code, 0, stderr);
      const used = stdout.split(' ')[0];
      assert.match(used, /^(wasm|cpu)$/);
      assert.equal(stdout, `${used} ${used} 2 2\n`);
      const lines = stderr.split('\n').filter((line) => line !== '' && !isHint(line));
      assert.equal(lines.length, 1, `one sentence on stderr: ${stderr}`);
      for (const part of ["'simd'", reason, `'${used}'`]) assert.ok(lines[0].includes(part), `${part}: ${lines[0]}`);
    });

    it(`fails with that reason when simd is named: no ${name}`, async () => {
      const script = "await lab.useBackend('simd').catch(({ message }) => console.log(message));";
      const { code, stdout, stderr } = await runScript(script, { first });
      assert.deepEqual([code, stderr], [0, '']);
      assert.ok(stdout.includes(reason), stdout);
    });
  }

  it('chooses another backend in silence when that is named', async () => {
    const script = "console.log((await lab.useBackend('cpu')).name);";
    const ended = await runScript(script, { first: LACKS.SharedArrayBuffer[0] });
    assert.deepEqual(ended, { code: 0, stdout: 'cpu\n', stderr: '' });
  });
});

describe('a Node without relaxed SIMD', () => {
  /** Prints which kernels were loaded, and what they compute. */
  const script = `
    const fs = require('node:fs');
    const { readFileSync } = fs;
    fs.readFileSync = (file, ...rest) => {
      if (/[.]wasm$/.test(file)) console.log(require('node:path').basename(file));
      return readFileSync(file, ...rest);
    };
    await lab.useBackend('simd');
    const x = tf.randomNormal([2, 12, 12, 16], 0, 1, 'float32', 1);
    const filters = [3, 2, 1].map((size) => tf.randomNormal([size, size, 16, 16], 0, 1 / (4 * size), 'float32', size));
    const layer = tf.layers.batchNormalization();
    const network = (a, ...b) => {
      const convolved = b.reduce((sum, filter) => tf.add(sum, tf.conv2d(a, filter, 1, 'same')), a);
      return tf.relu(layer.apply(convolved, { training: true })).reshape([1, -1, 16]).matMul(b[2].reshape([1, 16, 16]));
    };
    const { value, grads } = tf.valueAndGrads(network)([x, ...filters], tf.randomNormal([1, 288, 16], 0, 0.1, 'float32', 4));
    const variable = tf.variable(grads[1]);
    const optimizer = lab.adam(0.1);
    for (let i = 0; i < 3; i++) optimizer.minimize(() => tf.sum(tf.square(variable)));
    console.log(JSON.stringify([value, ...grads, variable].map((tensor) => [...tensor.dataSync()])));`;
  const relaxed = 'Buffer.from([253, 133, 2])'; // the one instruction of that kind in the probe

  it('computes the same, to rounding, with the kernels that do without, on one thread and on two', async () => {
    const first = `const { validate } = WebAssembly;
      WebAssembly.validate = (code) => !Buffer.from(code).includes(${relaxed}) && validate(code);`;
    for (const threads of ['1', '2']) {
      const plain = await runScript(script, { first, threads });
      assert.deepEqual([plain.code, plain.stderr], [0, '']);
      const fused = await runScript(script, { threads });
      assert.deepEqual([fused.code, fused.stderr], [0, '']);
      const [[name, values], [otherName, others]] = [plain, fused].map(({ stdout }) => stdout.split('\n'));
      assert.deepEqual([name, otherName], ['kernels.wasm', 'kernels-fused.wasm']);
      const [received, expected] = [values, others].map((json) => JSON.parse(json) as number[][]);
      expected.forEach((each, i) => {
        assertClose(received[i], each, 1e-5, `result ${i}`);
      });
      assert.notDeepEqual(received, expected, 'kernels that fuse round otherwise');
    }
  });
});
