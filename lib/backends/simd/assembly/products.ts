// Small matrix products over packed operands, the inner loops of everything that multiplies: 4 rows × 8 columns of
// accumulators, which is what fits into 16 vector registers beside two vectors of B and one number of A.
import { fma, zero } from './common';

/** Columns of a strip of B. */
export const STRIP: i32 = 8;

/**
 * C[rows × 8] = A[rows × depth] · B[depth × 8], rows a multiple of 4. B is packed; A's rows lie `aRow` bytes apart, C's
 * `cRow`. The loop is not unrolled: V8 then moves loads so far ahead that it runs out of registers (36 GFLOPS, not 51).
 */
export function multiplyStrip(a: usize, aRow: usize, b: usize, depth: i32, c: usize, cRow: usize, rows: i32): void {
  for (let row = 0; row < rows; row += 4) {
    let p0 = a, p1 = a + aRow, p2 = p1 + aRow, p3 = p2 + aRow, q = b;
    let s00 = zero(), s01 = zero(), s10 = zero(), s11 = zero(), s20 = zero(), s21 = zero(), s30 = zero(), s31 = zero();
    for (const end = p0 + (depth << 2); p0 < end; p0 += 4, p1 += 4, p2 += 4, p3 += 4, q += 32) {
      const b0 = v128.load(q), b1 = v128.load(q, 16);
      let x = v128.load32_splat(p0);
      s00 = fma(x, b0, s00); s01 = fma(x, b1, s01);
      x = v128.load32_splat(p1);
      s10 = fma(x, b0, s10); s11 = fma(x, b1, s11);
      x = v128.load32_splat(p2);
      s20 = fma(x, b0, s20); s21 = fma(x, b1, s21);
      x = v128.load32_splat(p3);
      s30 = fma(x, b0, s30); s31 = fma(x, b1, s31);
    }
    v128.store(c, s00); v128.store(c, s01, 16);
    let d = c + cRow;
    v128.store(d, s10); v128.store(d, s11, 16);
    d += cRow;
    v128.store(d, s20); v128.store(d, s21, 16);
    d += cRow;
    v128.store(d, s30); v128.store(d, s31, 16);
    c = d + cRow;
    a += aRow << 2;
  }
}

/**
 * C[4 × 8] += Aᵀ[4 × depth] · B[depth × 8]: one step of depth reads 4 neighbouring floats at `a` and 8 at `b`, which lie
 * `aStep` and `bStep` bytes apart.
 */
@inline
export function accumulateTransposed(
  a: usize, aStep: usize, b: usize, bStep: usize, depth: i32, c: usize, cRow: usize,
): void {
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  const c3 = c2 + cRow;
  let s00 = v128.load(c), s01 = v128.load(c, 16), s10 = v128.load(c1), s11 = v128.load(c1, 16);
  let s20 = v128.load(c2), s21 = v128.load(c2, 16), s30 = v128.load(c3), s31 = v128.load(c3, 16);
  for (; depth > 0; depth--) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = fma(x, b0, s00); s01 = fma(x, b1, s01);
    x = v128.load32_splat(a, 4);
    s10 = fma(x, b0, s10); s11 = fma(x, b1, s11);
    x = v128.load32_splat(a, 8);
    s20 = fma(x, b0, s20); s21 = fma(x, b1, s21);
    x = v128.load32_splat(a, 12);
    s30 = fma(x, b0, s30); s31 = fma(x, b1, s31);
    a += aStep;
    b += bStep;
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
}

/**
 * The same over `rows` stretches of depth, which start `aRow` and `bRow` bytes apart; a function of its own, since the
 * second loop would cost the first one a tenth.
 */
export function accumulateRows(
  a: usize, aStep: usize, aRow: usize, b: usize, bStep: usize, bRow: usize, rows: i32, depth: i32, c: usize, cRow: usize,
): void {
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  const c3 = c2 + cRow;
  let s00 = v128.load(c), s01 = v128.load(c, 16), s10 = v128.load(c1), s11 = v128.load(c1, 16);
  let s20 = v128.load(c2), s21 = v128.load(c2, 16), s30 = v128.load(c3), s31 = v128.load(c3, 16);
  const bBytes = bStep * depth;
  for (; rows > 0; rows--, a += aRow, b += bRow) {
    let p = a;
    for (let q = b, end = b + bBytes; q < end; p += aStep, q += bStep) {
      const b0 = v128.load(q), b1 = v128.load(q, 16);
      let x = v128.load32_splat(p);
      s00 = fma(x, b0, s00); s01 = fma(x, b1, s01);
      x = v128.load32_splat(p, 4);
      s10 = fma(x, b0, s10); s11 = fma(x, b1, s11);
      x = v128.load32_splat(p, 8);
      s20 = fma(x, b0, s20); s21 = fma(x, b1, s21);
      x = v128.load32_splat(p, 12);
      s30 = fma(x, b0, s30); s31 = fma(x, b1, s31);
    }
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
}
