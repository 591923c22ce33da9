// When a kernel of the simd backend fails, or a thread ends, the program hears of it and what comes after is right.
import assert from 'node:assert/strict';
import { before, beforeEach, describe, it } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { tf } from 'resnet-lab';
import type { SimdBackend } from 'resnet-lab/dist/backends/simd/backend';
import { runScript } from '../helpers/child';
import { useSimd } from '../helpers/simd';

let backend: SimdBackend;
before(async () => {
  process.env.RESNET_THREADS = '3';
  backend = await useSimd();
});
beforeEach(() => {
  backend.pool.finish();
});

const COUNT = 2 ** 18;
const NOWHERE = 2 ** 32 - 65_536; // the last page, which the memory never reaches
const numbers = Float32Array.from({ length: COUNT }, (_, i) => (i % 1000) - 500);
const expected = numbers.map((value) => 2 * Math.max(0, value));

/** Jobs of several shares and of one, one after another; fails unless all gave the right result. */
function assertComputes(): void {
  tf.tidy(() => {
    let x: tf.Tensor = tf.tensor1d(numbers);
    for (let i = 0; i < 40; i++) x = tf.relu(x);
    const small = tf.relu(tf.tensor1d([-1, 2, -3, 4]));
    assert.deepEqual([...tf.add(x, x).dataSync()], [...expected]);
    assert.deepEqual([...tf.add(small, small).dataSync()], [0, 4, 0, 8]);
    const matrix = tf.ones<tf.Rank.R3>([1, 128, 128]);
    assert.ok(
      tf
        .matMul(matrix, matrix)
        .dataSync()
        .every((value) => value === 128),
    );
  });
}

describe('a kernel of simd that fails', () => {
  const failure = /kernel 'rectify' of the simd backend failed/;
  const fail = (shares: number) => backend.pool.run('rectify', shares, [NOWHERE, NOWHERE, COUNT]);
  /** Something for all threads to do, so that the next job has to wait. */
  const occupy = () => tf.tidy(() => tf.relu(tf.tensor1d(numbers)));

  for (const shares of [1, 12]) {
    it(`is an error at the next result, in ${shares} shares, and the rest goes on`, () => {
      const x = occupy();
      fail(shares);
      const y = tf.relu(x); // behind it in the queue
      assert.throws(() => backend.pool.finish(), failure);
      assert.doesNotThrow(() => backend.pool.finish(), 'it is told once');
      assert.deepEqual([...tf.add(y, y).dataSync()], [...expected]);
      assertComputes();
      tf.dispose([x, y]);
    });

    it(`is an error where a tensor is read, in ${shares} shares`, () => {
      const x = occupy();
      fail(shares);
      assert.throws(() => x.dataSync(), failure);
      assert.deepEqual([...tf.add(x, x).dataSync()], [...expected]);
      x.dispose();
    });

    it(`is one error although it fails many times, in ${shares} shares`, () => {
      occupy().dispose();
      for (let i = 0; i < 50; i++) fail(shares);
      assert.throws(() => backend.pool.finish(), failure);
      assertComputes();
    });

    it(`is an error also of a job that need not wait, in ${shares} shares`, () => {
      assert.throws(() => {
        fail(shares);
        backend.pool.finish();
      }, Error);
      assertComputes();
    });
  }

  it('does not exist under a wrong name', () => {
    assert.throws(() => backend.pool.run('rectified', 1, []), /no kernel named 'rectified'/);
  });

  it('is an error on one thread, too', async () => {
    const script = `
      await lab.useBackend('simd');
      const { pool } = tf.backend();
      try {
        pool.run('rectify', 1, [${NOWHERE}, ${NOWHERE}, 4]);
        pool.finish();
      } catch (error) {
        console.log(error instanceof Error);
      }
      console.log(...tf.relu(tf.tensor1d([-1, 1])).dataSync());`;
    const ended = await runScript(script, { threads: '1' });
    assert.deepEqual(ended, { code: 0, stdout: 'true\n0 1\n', stderr: '' });
  });
});

describe('a full queue of simd', () => {
  it('is worked off, and reports what failed in it', () => {
    const x = tf.relu(tf.tensor1d(numbers));
    tf.tidy(() => {
      let y: tf.Tensor = x;
      for (let i = 0; i < 1000; i++) y = tf.relu(y); // more than fit into it
      assert.deepEqual([...tf.add(y, y).dataSync()], [...expected]);
    });
    x.dispose();
  });
});

describe('a thread of simd that ended', () => {
  it('leaves its work to the others, down to the main thread alone', async () => {
    const { workers } = backend.pool as unknown as { workers: Worker[] };
    assert.equal(workers.length, 2);
    for (const worker of workers) {
      await worker.terminate();
      for (let i = 0; i < 5; i++) assertComputes();
    }
  });
});
