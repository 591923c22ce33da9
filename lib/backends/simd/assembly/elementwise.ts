// Passes over whole tensors, each in the order of memory. Shares are multiples of four floats; the last vector of a
// tensor may reach into the slack that every buffer has behind it.
import { float, fma, int, relu, shareStart, step, zero } from './common';

const ADD: i32 = 0;
const SUBTRACT: i32 = 1;

@inline
function combine(operation: i32, a: v128, b: v128): v128 {
  if (operation == ADD) return f32x4.add(a, b);
  if (operation == SUBTRACT) return f32x4.sub(a, b);
  return f32x4.mul(a, b);
}

/**
 * out = a ∘ b, b as long as a. Arguments: operation (0 +, 1 −, 2 ×), a, b, out, count.
 */
export function combineSame(args: usize, part: i32, parts: i32): void {
  const operation = int(args, 0);
  const a: usize = int(args, 1), b: usize = int(args, 2), out: usize = int(args, 3);
  const end: usize = shareStart(int(args, 4), 4, part + 1, parts) << 2;
  let i: usize = shareStart(int(args, 4), 4, part, parts) << 2;
  if (operation == ADD) {
    for (; i < end; i += 16) v128.store(out + i, f32x4.add(v128.load(a + i), v128.load(b + i)));
  } else if (operation == SUBTRACT) {
    for (; i < end; i += 16) v128.store(out + i, f32x4.sub(v128.load(a + i), v128.load(b + i)));
  } else {
    for (; i < end; i += 16) v128.store(out + i, f32x4.mul(v128.load(a + i), v128.load(b + i)));
  }
}

/**
 * out = a ∘ b, b a row that repeats; its length a multiple of 4. Arguments: operation, a, b, out, rows, row length.
 */
export function combineRow(args: usize, part: i32, parts: i32): void {
  const operation = int(args, 0);
  let a: usize = int(args, 1), out: usize = int(args, 3);
  const b: usize = int(args, 2);
  const rowBytes: usize = int(args, 5) << 2;
  const last = shareStart(int(args, 4), 1, part + 1, parts);
  let row = shareStart(int(args, 4), 1, part, parts);
  a += row * rowBytes;
  out += row * rowBytes;
  for (; row < last; row++, a += rowBytes, out += rowBytes) {
    for (let i: usize = 0; i < rowBytes; i += 16) {
      v128.store(out + i, combine(operation, v128.load(a + i), v128.load(b + i)));
    }
  }
}

/** out = relu(x). Arguments: x, out, count. */
export function rectify(args: usize, part: i32, parts: i32): void {
  const x: usize = int(args, 0), out: usize = int(args, 1);
  const end: usize = shareStart(int(args, 2), 4, part + 1, parts) << 2;
  for (let i: usize = shareStart(int(args, 2), 4, part, parts) << 2; i < end; i += 16) {
    v128.store(out + i, relu(v128.load(x + i)));
  }
}

/** dx = dy where relu's output is positive, plus `other` unless it is 0. Arguments: dy, output, other, dx, count. */
export function rectifyGradient(args: usize, part: i32, parts: i32): void {
  const dy: usize = int(args, 0), output: usize = int(args, 1), other: usize = int(args, 2), dx: usize = int(args, 3);
  const end: usize = shareStart(int(args, 4), 4, part + 1, parts) << 2;
  let i: usize = shareStart(int(args, 4), 4, part, parts) << 2;
  if (other) {
    for (; i < end; i += 16) {
      v128.store(dx + i, f32x4.add(f32x4.mul(v128.load(dy + i), step(v128.load(output + i))), v128.load(other + i)));
    }
    return;
  }
  for (; i < end; i += 16) v128.store(dx + i, f32x4.mul(v128.load(dy + i), step(v128.load(output + i))));
}

/** out = other + factor · x, without `other` when it is 0. Arguments: x, other, out, count, factor. */
export function scale(args: usize, part: i32, parts: i32): void {
  const x: usize = int(args, 0), other: usize = int(args, 1), out: usize = int(args, 2);
  const factor = f32x4.splat(float(args, 4));
  const end: usize = shareStart(int(args, 3), 4, part + 1, parts) << 2;
  for (let i: usize = shareStart(int(args, 3), 4, part, parts) << 2; i < end; i += 16) {
    const product = f32x4.mul(v128.load(x + i), factor);
    v128.store(out + i, other ? f32x4.add(v128.load(other + i), product) : product);
  }
}

/**
 * out = activation((x − mean[c]) · factor[c] + offset[c] + other), [rows, channels], channels a multiple of 4; to subtract
 * first keeps the digits of data far from 0. Arguments: x, f32 [3][channels], other (0 for none), out, rows, channels,
 * relu.
 */
export function affine(args: usize, part: i32, parts: i32): void {
  const rowBytes: usize = int(args, 5) << 2;
  const means: usize = int(args, 1);
  const factors = means + rowBytes;
  const offsets = factors + rowBytes;
  const activate = int(args, 6) != 0;
  const last = shareStart(int(args, 4), 1, part + 1, parts);
  const first = shareStart(int(args, 4), 1, part, parts);
  let x: usize = int(args, 0) + first * rowBytes;
  let out: usize = int(args, 3) + first * rowBytes;
  const other: usize = int(args, 2);
  let y = other + first * rowBytes;
  for (let row = first; row < last; row++, x += rowBytes, y += rowBytes, out += rowBytes) {
    for (let i: usize = 0; i < rowBytes; i += 16) {
      const centred = f32x4.sub(v128.load(x + i), v128.load(means + i));
      let value = fma(centred, v128.load(factors + i), v128.load(offsets + i));
      if (other) value = f32x4.add(value, v128.load(y + i));
      v128.store(out + i, activate ? relu(value) : value);
    }
  }
}

/**
 * total += factor · Σ x², in double precision; the last of a series also stores it as a float. In one share.
 * Arguments: x, count, factor, total: f64, 1 for the first of the series, out: f32 (0 except for the last).
 */
export function addSquares(args: usize, part: i32, parts: i32): void {
  const x: usize = int(args, 0);
  const count = int(args, 1);
  let low = f64x2.splat(0), high = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(x + (i << 2));
    const a = f64x2.promote_low_f32x4(v);
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < count; i++) {
    const v: f64 = load<f32>(x + (i << 2));
    sum += v * v;
  }
  const target: usize = int(args, 3);
  const total = (int(args, 4) ? 0 : load<f64>(target)) + float(args, 2) * sum;
  store<f64>(target, total);
  if (int(args, 5)) store<f32>(int(args, 5), <f32>total);
}

/** Murmur3's last step: every bit of the result depends on every bit of the input. */
@inline
function mix(h: v128): v128 {
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}

/**
 * out = x · factor, or x · 0 with the probability threshold / 2³². What falls is a function of the seed and the position,
 * so the gradient needs no mask. Arguments: x, out, count, threshold, factor, seed.
 */
export function dropout(args: usize, part: i32, parts: i32): void {
  const x: usize = int(args, 0), out: usize = int(args, 1);
  const threshold = i32x4.splat(int(args, 3));
  const factor = f32x4.splat(float(args, 4));
  const seed = mix(i32x4.splat(int(args, 5)));
  const end: usize = shareStart(int(args, 2), 4, part + 1, parts) << 2;
  let i: usize = shareStart(int(args, 2), 4, part, parts) << 2;
  let position = i32x4.add(i32x4.splat(<i32>(i >> 2)), i32x4(0, 1, 2, 3));
  for (; i < end; i += 16, position = i32x4.add(position, i32x4.splat(4))) {
    const kept = i32x4.ge_u(mix(v128.xor(position, seed)), threshold);
    v128.store(out + i, f32x4.mul(v128.load(x + i), v128.and(kept, factor)));
  }
}

/**
 * Nothing but fused multiply-adds in registers, what the others are measured against: 80 operations a round.
 * Arguments: eight floats, rounds.
 */
export function peak(args: usize, part: i32, parts: i32): void {
  const values: usize = int(args, 0);
  const a = v128.load(values), b = v128.load(values, 16);
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), s4 = zero();
  let s5 = zero(), s6 = zero(), s7 = zero(), s8 = zero(), s9 = zero();
  for (let n = int(args, 1); n > 0; n--) {
    s0 = fma(a, b, s0); s1 = fma(a, b, s1); s2 = fma(a, b, s2); s3 = fma(a, b, s3); s4 = fma(a, b, s4);
    s5 = fma(a, b, s5); s6 = fma(a, b, s6); s7 = fma(a, b, s7); s8 = fma(a, b, s8); s9 = fma(a, b, s9);
  }
  s0 = f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7)));
  v128.store(values + 32 + part * 16, f32x4.add(s0, f32x4.add(s8, s9)));
}
