// The matrices of Winograd's F(4×4, 3×3): a tile of 4×4 outputs costs 36 products instead of 144 (Lavin and Gray 2016).
// Its points are 0, ±5/8, ±3/2 and ∞ rather than the paper's 0, ±1, ±2, ∞: they are exact in binary, cost no more, and
// the largest error falls to a quarter, twice that of a direct sum. Each transform here is one dimension.
import { fma, fnma } from './common';

export const TILE: i32 = 4;
/** Inputs under a tile, in one dimension. */
export const PATCH: i32 = 6;
/** Products of a tile. */
export const POINTS: i32 = 36;

const A: f32 = 0.625;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/** Of each point p, the product of its distances to the others, by which G divides. */
const N0: f32 = A2 * B2;
const NA: f32 = 2 * A2 * (A2 - B2);
const NB: f32 = 2 * B2 * (B2 - A2);

/** Bᵀ over six vectors at `from`, `step` bytes apart, into six at `to`, `stride` bytes apart. */
@inline
export function transformInput(from: usize, step: usize, to: usize, stride: usize): void {
  const d0 = v128.load(from);
  const d1 = v128.load(from + step);
  const d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step);
  const d4 = v128.load(from + 4 * step);
  const d5 = v128.load(from + 5 * step);
  const a = f32x4.splat(A), b = f32x4.splat(B), a2 = f32x4.splat(A2), b2 = f32x4.splat(B2);
  const evenA = fnma(b2, d2, d4), oddA = fnma(b2, d1, d3);
  const evenB = fnma(a2, d2, d4), oddB = fnma(a2, d1, d3);
  const sum = f32x4.splat(A2 + B2), product = f32x4.splat(N0);
  v128.store(to, fma(product, d0, fnma(sum, d2, d4)));
  v128.store(to + stride, fma(a, oddA, evenA));
  v128.store(to + 2 * stride, fnma(a, oddA, evenA));
  v128.store(to + 3 * stride, fma(b, oddB, evenB));
  v128.store(to + 4 * stride, fnma(b, oddB, evenB));
  v128.store(to + 5 * stride, fma(product, d1, fnma(sum, d3, d5)));
}

/** A over four vectors (outputs' gradients) into six. */
@inline
export function transformGradient(from: usize, step: usize, to: usize, stride: usize): void {
  const d0 = v128.load(from);
  const d1 = v128.load(from + step);
  const d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step);
  const evenA = fma(f32x4.splat(A2), d2, d0), oddA = fma(f32x4.splat(A2), d3, d1);
  const evenB = fma(f32x4.splat(B2), d2, d0), oddB = fma(f32x4.splat(B2), d3, d1);
  const a = f32x4.splat(A), b = f32x4.splat(B);
  v128.store(to, d0);
  v128.store(to + stride, fma(a, oddA, evenA));
  v128.store(to + 2 * stride, fnma(a, oddA, evenA));
  v128.store(to + 3 * stride, fma(b, oddB, evenB));
  v128.store(to + 4 * stride, fnma(b, oddB, evenB));
  v128.store(to + 5 * stride, d3);
}

/** Aᵀ over six vectors of products into four of outputs. */
@inline
export function transformOutput(from: usize, step: usize, to: usize, stride: usize): void {
  const m1 = v128.load(from + step);
  const m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step);
  const m4 = v128.load(from + 4 * step);
  const evenA = f32x4.add(m1, m2), oddA = f32x4.sub(m1, m2);
  const evenB = f32x4.add(m3, m4), oddB = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), evenA), evenB));
  v128.store(to + stride, fma(f32x4.splat(B), oddB, f32x4.mul(f32x4.splat(A), oddA)));
  v128.store(to + 2 * stride, fma(f32x4.splat(B2), evenB, f32x4.mul(f32x4.splat(A2), evenA)));
  const last = fma(f32x4.splat(A * A2), oddA, v128.load(from + 5 * step));
  v128.store(to + 3 * stride, fma(f32x4.splat(B * B2), oddB, last));
}

/** G over three vectors of a filter into six. */
@inline
export function transformFilter(from: usize, step: usize, to: usize, stride: usize): void {
  const g0 = v128.load(from);
  const g1 = v128.load(from + step);
  const g2 = v128.load(from + 2 * step);
  const evenA = fma(f32x4.splat(A2 / NA), g2, f32x4.mul(f32x4.splat(1 / NA), g0));
  const evenB = fma(f32x4.splat(B2 / NB), g2, f32x4.mul(f32x4.splat(1 / NB), g0));
  v128.store(to, f32x4.mul(f32x4.splat(1 / N0), g0));
  v128.store(to + stride, fma(f32x4.splat(A / NA), g1, evenA));
  v128.store(to + 2 * stride, fnma(f32x4.splat(A / NA), g1, evenA));
  v128.store(to + 3 * stride, fma(f32x4.splat(B / NB), g1, evenB));
  v128.store(to + 4 * stride, fnma(f32x4.splat(B / NB), g1, evenB));
  v128.store(to + 5 * stride, g2);
}

/** Gᵀ over six vectors (the transformed filter's gradient) into three. */
@inline
export function transformFilterGradient(from: usize, step: usize, to: usize, stride: usize): void {
  const u1 = v128.load(from + step);
  const u2 = v128.load(from + 2 * step);
  const u3 = v128.load(from + 3 * step);
  const u4 = v128.load(from + 4 * step);
  const evenA = f32x4.add(u1, u2), oddA = f32x4.sub(u1, u2);
  const evenB = f32x4.add(u3, u4), oddB = f32x4.sub(u3, u4);
  const first = fma(f32x4.splat(1 / NA), evenA, f32x4.mul(f32x4.splat(1 / N0), v128.load(from)));
  v128.store(to, fma(f32x4.splat(1 / NB), evenB, first));
  v128.store(to + stride, fma(f32x4.splat(A / NA), oddA, f32x4.mul(f32x4.splat(B / NB), oddB)));
  const last = fma(f32x4.splat(A2 / NA), evenA, v128.load(from + 5 * step));
  v128.store(to + 2 * stride, fma(f32x4.splat(B2 / NB), evenB, last));
}
