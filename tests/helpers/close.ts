import assert from 'node:assert/strict';

/** Fails unless every number is within `tolerance` of its counterpart; NaN never is. */
export function assertClose(
  received: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = '',
): void {
  assert.equal(received.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(received[i] - expected[i]);
    if (!(difference <= tolerance))
      assert.fail(`${what} at ${i}: ${received[i]}, expected ${expected[i]} ± ${tolerance}`);
  }
}
