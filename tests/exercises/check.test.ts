import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import ndarray from 'ndarray';
import { resnetLayer, tf } from 'resnet-lab';
import * as check from 'resnet-lab/exercises';

/** What `grade` prints and gives. */
async function graded(points: number, checks: Record<string, check.Check>) {
  const log = mock.method(console, 'log', () => {});
  try {
    const earned = await check.grade(points, checks);
    return { earned, printed: log.mock.calls.map(({ arguments: [line] }) => line as string) };
  } finally {
    log.mock.restore();
  }
}

/** The kernel that a new layer begins with. */
function weights(): number[] {
  const inputs = tf.input({ shape: [4, 4, 1] });
  const model = tf.model({ inputs, outputs: resnetLayer(inputs, { numFilters: 1 }) });
  return Array.from(model.getWeights()[0].dataSync());
}

const fails = (message: string | RegExp) => () => {
  throw new Error(String(message));
};

describe('grade', () => {
  it('gives each check an equal share of the points, and all of them when all pass', async () => {
    const pass = () => {};
    assert.equal((await graded(3, { a: pass, b: pass, c: pass })).earned, 3);
    assert.equal((await graded(2, { a: pass, b: fails('no'), c: pass })).earned, 1.33);
    assert.equal((await graded(2, { a: fails('no') })).earned, 0);
  });

  it('says of each what it found, in order, also of those that are promises', async () => {
    const { printed } = await graded(2, {
      first: async () => {},
      second: async () => fails('received 1, expected 2.\nTwo lines.')(),
      third: () => {
        throw 'a string';
      },
    });
    assert.deepEqual(printed, [
      '✔ first',
      '✘ second\n    received 1, expected 2.\n    Two lines.',
      '✘ third\n    Something was thrown that is no Error: a string',
      '0.66 of 2 points',
    ]);
  });

  it('seeds random numbers before each check', async () => {
    const drawn: number[][] = [];
    const draw = () => drawn.push(weights());
    await graded(1, { a: draw, b: () => draw() && draw() });
    assert.deepEqual(drawn[0], drawn[1]);
    assert.notDeepEqual(drawn[1], drawn[2]);
  });

  it('ends where the cell is interrupted', async () => {
    const interrupted = Object.assign(new Error('interrupted'), { name: 'Interrupted' });
    const throwing = () => {
      throw interrupted;
    };
    await assert.rejects(graded(1, { a: throwing }), interrupted);
  });

  it('refuses to give nothing for nothing', async () => {
    await assert.rejects(check.grade(0, { a: () => {} }), /points must be above 0; received 0/);
    await assert.rejects(check.grade(1, {}), /There must be a check/);
  });
});

describe('equal', () => {
  it('compares deeply, and takes typed arrays for arrays', () => {
    check.equal({ a: [1, 2], b: new Uint8Array([3]) }.b, [3], 'b');
    check.equal([new Float32Array([1, 2]), [3]], [[1, 2], new Uint8Array([3])], 'lists');
    check.equal([-0, new Float32Array([-0])], [0, [0]], 'zeros');
    assert.throws(() => check.equal([1, 2], [1, 3], 'f(1)', 'Because.'), {
      message: 'f(1): received [ 1, 2 ], expected [ 1, 3 ].\nBecause.',
    });
  });

  it('shows what came: a tensor, an error, a promise that nobody awaited', () => {
    assert.throws(() => check.equal(tf.zeros([2, 3]), 1, 'x'), /received a tensor of shape \[2,3\], expected 1/);
    assert.throws(() => check.equal(new RangeError('no'), 1, 'x'), /received RangeError: no, expected 1/);
    assert.throws(() => check.equal(Promise.resolve(1), 1, 'x'), /received Promise \{ 1.*\}, expected 1\./);
    assert.throws(() => check.equal(Array(1000).fill(7), 1, 'x'), /988 more items/);
  });
});

describe('close', () => {
  it('takes numbers in every form, in the order of their positions', () => {
    const transposed = ndarray(new Float32Array([1, 2, 3, 4]), [2, 2]).transpose(1, 0);
    for (const received of [
      [1, 3, 2, 4],
      [
        [1, 3],
        [2, 4],
      ],
      new Float64Array([1, 3, 2, 4]),
      transposed,
      tf.tensor([1, 3, 2, 4]),
    ])
      check.close(received, [1, 3, 2, 4], 'x');
  });

  it('allows a tolerance, absolute up to 1 and relative above', () => {
    check.close(0.00009, 0, 'x');
    check.close(10000.9, 10000, 'x');
    assert.throws(() => check.close(0.0002, 0, 'x'), /x: received 0.0002, expected 0/);
    assert.throws(() => check.close(10002, 10000, 'x'), /x: received 10002, expected 10000/);
    check.close([Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY], 'x');
  });

  it('takes NaN for wrong, says where the first difference is, and how many there are', () => {
    assert.throws(() => check.close([1, Number.NaN, 3, 5], [1, 2, 3, 4], 'x'), {
      message: 'x: received NaN at position 1, expected 2 (and 1 more of 4 differ).',
    });
    assert.throws(() => check.close([1], [1, 2], 'x'), /received 1 numbers, expected 2/);
    assert.throws(() => check.close('two' as never, 2, 'x'), /received 'two', expected numbers/);
    assert.throws(() => check.close(undefined as never, 2, 'x'), /received undefined, expected numbers/);
  });
});

describe('shape and fails', () => {
  it('compare shapes of tensors, symbolic tensors and arrays', () => {
    check.shape(tf.zeros([2, 3]), [2, 3], 'x');
    check.shape(tf.input({ shape: [3] }), [null, 3], 'x');
    check.shape(ndarray([], [0, 2]), [0, 2], 'x');
    assert.throws(() => check.shape(tf.zeros([2]), [3], 'x'), /the shape of x: received \[ 2 \], expected \[ 3 \]/);
    assert.throws(
      () => check.shape(undefined as never, [3], 'x'),
      /received undefined, expected something with the shape \[3\]/,
    );
  });

  it('want an error of a class, thrown at once or later', async () => {
    await check.fails(fails('no'), Error, 'f()');
    await check.fails(async () => fails('no')(), Error, 'f()');
    await assert.rejects(
      check.fails(() => 7, RangeError, 'f()'),
      /f\(\): received 7, expected a RangeError to be thrown/,
    );
    await assert.rejects(
      check.fails(fails('no'), RangeError, 'f()'),
      /f\(\): received Error: no, expected a RangeError/,
    );
  });
});
