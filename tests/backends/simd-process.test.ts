// The threads of the simd backend end with the program, however it ends, and keep nothing alive.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runScript } from '../helpers/child';

/** Starts the backend with two threads and something for both to do. */
const START = `
  await lab.useBackend('simd');
  const model = lab.resnetV1([32, 32, 3], 8);
  model.compile({ optimizer: lab.adam(), loss: 'categoricalCrossentropy' });
  const x = tf.randomNormal([8, 32, 32, 3], 0, 1, 'float32', 1);
  const y = tf.oneHot(tf.range(0, 8, 1, 'int32'), 10);
  const leaveUnfinished = () => {
    const { pool } = tf.backend();
    tf.conv2d(x, tf.ones([3, 3, 3, 64]), 1, 'same');
    if (pool.published === pool.finished) throw new Error('the queue should hold jobs');
  };`;

const run = (script: string) => runScript(START + script, { threads: '2' });

describe('a program that uses simd', () => {
  it('ends by itself after a training step, and prints nothing of its own', async () => {
    const ended = await run("await model.trainOnBatch(x, y); console.log('done');");
    assert.deepEqual(ended, { code: 0, stdout: 'done\n', stderr: '' });
  });

  it('ends right after the backend started', async () => {
    const ended = await runScript("console.log((await lab.useBackend('simd')).threads);", { threads: '3' });
    assert.deepEqual(ended, { code: 0, stdout: '3\n', stderr: '' });
  });

  it('ends although jobs are left in the queue', async () => {
    assert.deepEqual(await run('leaveUnfinished();'), { code: 0, stdout: '', stderr: '' });
  });

  it('ends although threads sleep', async () => {
    const ended = await run('await model.trainOnBatch(x, y); await new Promise((done) => setTimeout(done, 200));');
    assert.deepEqual(ended, { code: 0, stdout: '', stderr: '' });
  });

  it('ends with process.exit in the middle of a step', async () => {
    for (const pause of ['', 'await new Promise(setImmediate);', 'await model.trainOnBatch(x, y);']) {
      const ended = await run(`${pause} leaveUnfinished(); process.exit(3);`);
      assert.deepEqual(ended, { code: 3, stdout: '', stderr: '' }, pause);
    }
  });

  it('ends with the error that it throws', async () => {
    for (const middle of ['', 'leaveUnfinished();', 'await model.trainOnBatch(x, y);']) {
      const { code, stdout, stderr } = await run(`${middle} throw new Error('of the program');`);
      assert.deepEqual([code, stdout], [1, ''], middle);
      // Node's report of an error that nobody catches, and nothing else.
      assert.match(stderr, /^\[eval\]:\d+\n.*\n.*\^\n+Error: of the program\n( {4}at .*\n)+\n+Node\.js v.*\n$/);
    }
  });

  const windows = process.platform === 'win32' && 'Windows has no signals';
  it('ends by the signal that it is sent', { skip: windows }, async () => {
    const { code, stderr } = await run(
      "leaveUnfinished(); process.kill(process.pid, 'SIGTERM'); await new Promise(() => {});",
    );
    assert.deepEqual([code, stderr], [null, '']);
  });
});
