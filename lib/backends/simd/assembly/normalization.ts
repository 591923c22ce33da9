// Batch normalisation over the rows of [rows, channels], channels a multiple of 4. Sums run over chunks of rows in single
// precision and from chunk to chunk in double, so that a large batch loses nothing.
import { clear, float, fma, int, shareStart, step, zero } from './common';

/** Rows summed in single precision. */
const CHUNK: i32 = 128;
/** Channels that fit into registers: four vectors. */
const GROUP: i32 = 16;

@inline
function addToDouble(target: usize, value: v128): void {
  v128.store(target, f64x2.add(v128.load(target), f64x2.promote_low_f32x4(value)));
  v128.store(
    target, f64x2.add(v128.load(target, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 2, 3))), 16,
  );
}

/**
 * Each share's sums of x − pivot and of its square per channel, the pivot being the first row, which keeps the variance
 * exact when the mean is far from 0. Arguments: x, rows, channels, sums: f64 [shares][2][channels].
 */
export function statistics(args: usize, part: i32, parts: i32): void {
  const x: usize = int(args, 0);
  const rows = int(args, 1), channels = int(args, 2);
  const rowBytes: usize = channels << 2;
  const sums: usize = int(args, 3) + part * channels * 16;
  const squares = sums + channels * 8;
  clear(sums, channels * 16);
  const last = shareStart(rows, 1, part + 1, parts);
  for (let first = shareStart(rows, 1, part, parts); first < last; first += CHUNK) {
    const end = x + min(last, first + CHUNK) * rowBytes;
    let c = 0;
    for (; c + GROUP <= channels; c += GROUP) {
      const k0 = v128.load(x + c * 4), k1 = v128.load(x + c * 4, 16);
      const k2 = v128.load(x + c * 4, 32), k3 = v128.load(x + c * 4, 48);
      let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), q0 = zero(), q1 = zero(), q2 = zero(), q3 = zero();
      for (let p = x + first * rowBytes + c * 4; p < end; p += rowBytes) {
        const v0 = f32x4.sub(v128.load(p), k0);
        s0 = f32x4.add(s0, v0); q0 = fma(v0, v0, q0);
        const v1 = f32x4.sub(v128.load(p, 16), k1);
        s1 = f32x4.add(s1, v1); q1 = fma(v1, v1, q1);
        const v2 = f32x4.sub(v128.load(p, 32), k2);
        s2 = f32x4.add(s2, v2); q2 = fma(v2, v2, q2);
        const v3 = f32x4.sub(v128.load(p, 48), k3);
        s3 = f32x4.add(s3, v3); q3 = fma(v3, v3, q3);
      }
      addToDouble(sums + c * 8, s0); addToDouble(sums + c * 8 + 32, s1);
      addToDouble(sums + c * 8 + 64, s2); addToDouble(sums + c * 8 + 96, s3);
      addToDouble(squares + c * 8, q0); addToDouble(squares + c * 8 + 32, q1);
      addToDouble(squares + c * 8 + 64, q2); addToDouble(squares + c * 8 + 96, q3);
    }
    for (; c < channels; c += 4) {
      const pivot = v128.load(x + c * 4);
      let s = zero(), q = zero();
      for (let p = x + first * rowBytes + c * 4; p < end; p += rowBytes) {
        const v = f32x4.sub(v128.load(p), pivot);
        s = f32x4.add(s, v);
        q = fma(v, v, q);
      }
      addToDouble(sums + c * 8, s);
      addToDouble(squares + c * 8, q);
    }
  }
}

/**
 * Each share's sums of dy and of dy · (x − mean) per channel; dy counts where relu's output is positive, unless `output`
 * is 0. Arguments: dy, output, x, mean, rows, channels, sums: f64 [shares][2][channels].
 */
export function normalizationSums(args: usize, part: i32, parts: i32): void {
  const dy: usize = int(args, 0), output: usize = int(args, 1), x: usize = int(args, 2), mean: usize = int(args, 3);
  const channels = int(args, 5);
  const rowBytes: usize = channels << 2;
  const sums: usize = int(args, 6) + part * channels * 16;
  const products = sums + channels * 8;
  clear(sums, channels * 16);
  const last = shareStart(int(args, 4), 1, part + 1, parts);
  for (let first = shareStart(int(args, 4), 1, part, parts); first < last; first += CHUNK) {
    const end: usize = min(last, first + CHUNK) * rowBytes;
    let c = 0;
    for (; c + 8 <= channels; c += 8) {
      const m0 = v128.load(mean + c * 4), m1 = v128.load(mean + c * 4, 16);
      let s0 = zero(), s1 = zero(), q0 = zero(), q1 = zero();
      if (output) {
        for (let i: usize = first * rowBytes + c * 4; i < end; i += rowBytes) {
          const d0 = f32x4.mul(v128.load(dy + i), step(v128.load(output + i)));
          s0 = f32x4.add(s0, d0); q0 = fma(d0, f32x4.sub(v128.load(x + i), m0), q0);
          const d1 = f32x4.mul(v128.load(dy + i, 16), step(v128.load(output + i, 16)));
          s1 = f32x4.add(s1, d1); q1 = fma(d1, f32x4.sub(v128.load(x + i, 16), m1), q1);
        }
      } else {
        for (let i: usize = first * rowBytes + c * 4; i < end; i += rowBytes) {
          const d0 = v128.load(dy + i);
          s0 = f32x4.add(s0, d0); q0 = fma(d0, f32x4.sub(v128.load(x + i), m0), q0);
          const d1 = v128.load(dy + i, 16);
          s1 = f32x4.add(s1, d1); q1 = fma(d1, f32x4.sub(v128.load(x + i, 16), m1), q1);
        }
      }
      addToDouble(sums + c * 8, s0); addToDouble(sums + c * 8 + 32, s1);
      addToDouble(products + c * 8, q0); addToDouble(products + c * 8 + 32, q1);
    }
    for (; c < channels; c += 4) {
      const m = v128.load(mean + c * 4);
      let s = zero(), q = zero();
      for (let i: usize = first * rowBytes + c * 4; i < end; i += rowBytes) {
        let d = v128.load(dy + i);
        if (output) d = f32x4.mul(d, step(v128.load(output + i)));
        s = f32x4.add(s, d);
        q = fma(d, f32x4.sub(v128.load(x + i), m), q);
      }
      addToDouble(sums + c * 8, s);
      addToDouble(products + c * 8, q);
    }
  }
}

/**
 * dx = dy · a[c] + (x − mean[c]) · b[c] + d[c], dy masked as above. Arguments: dy, output, x, f32 [4][channels]: mean, a, b, d,
 * dx, rows, channels.
 */
export function normalizationGradient(args: usize, part: i32, parts: i32): void {
  const output: usize = int(args, 1);
  const mean: usize = int(args, 3);
  const rowBytes: usize = int(args, 6) << 2;
  const a = mean + rowBytes;
  const b = a + rowBytes;
  const d = b + rowBytes;
  const first = shareStart(int(args, 5), 1, part, parts);
  const last = shareStart(int(args, 5), 1, part + 1, parts);
  let dy: usize = int(args, 0) + first * rowBytes;
  let y = output + first * rowBytes;
  let x: usize = int(args, 2) + first * rowBytes;
  let dx: usize = int(args, 4) + first * rowBytes;
  for (let row = first; row < last; row++, dy += rowBytes, y += rowBytes, x += rowBytes, dx += rowBytes) {
    for (let i: usize = 0; i < rowBytes; i += 16) {
      let gradient = v128.load(dy + i);
      if (output) gradient = f32x4.mul(gradient, step(v128.load(y + i)));
      const value = fma(f32x4.sub(v128.load(x + i), v128.load(mean + i)), v128.load(b + i), v128.load(d + i));
      v128.store(dx + i, fma(gradient, v128.load(a + i), value));
    }
  }
}

/** Each share's sum of the rows, per channel. Arguments: x, rows, channels, sums: f64 [shares][channels]. */
export function sumRows(args: usize, part: i32, parts: i32): void {
  const x: usize = int(args, 0);
  const channels = int(args, 2);
  const rowBytes: usize = channels << 2;
  const sums: usize = int(args, 3) + part * channels * 8;
  clear(sums, channels * 8);
  const last = shareStart(int(args, 1), 1, part + 1, parts);
  for (let first = shareStart(int(args, 1), 1, part, parts); first < last; first += CHUNK) {
    const end = x + min(last, first + CHUNK) * rowBytes;
    let c = 0;
    for (; c + GROUP <= channels; c += GROUP) {
      let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
      for (let p = x + first * rowBytes + c * 4; p < end; p += rowBytes) {
        s0 = f32x4.add(s0, v128.load(p));
        s1 = f32x4.add(s1, v128.load(p, 16));
        s2 = f32x4.add(s2, v128.load(p, 32));
        s3 = f32x4.add(s3, v128.load(p, 48));
      }
      addToDouble(sums + c * 8, s0); addToDouble(sums + c * 8 + 32, s1);
      addToDouble(sums + c * 8 + 64, s2); addToDouble(sums + c * 8 + 96, s3);
    }
    for (; c < channels; c += 4) {
      let s = zero();
      for (let p = x + first * rowBytes + c * 4; p < end; p += rowBytes) s = f32x4.add(s, v128.load(p));
      addToDouble(sums + c * 8, s);
    }
  }
}

/** The sum of a number over the shares, in order. */
@inline
function total(sums: usize, shares: i32, stride: usize): f64 {
  let sum: f64 = 0;
  for (; shares > 0; shares--, sums += stride) sum += load<f64>(sums);
  return sum;
}

/**
 * From `statistics`' sums, mean, variance and what normalises: means, factors, offsets. In one share.
 * Arguments: x, rows, channels, sums, sums' shares, gamma, beta, ε, mean, variance, coefficients: f32 [3][channels].
 */
export function statisticsFinish(args: usize, part: i32, parts: i32): void {
  const x: usize = int(args, 0);
  const rows = int(args, 1), channels = int(args, 2), shares = int(args, 4);
  const stride: usize = channels * 16;
  for (let c = 0; c < channels; c++) {
    const sums: usize = int(args, 3) + c * 8;
    const shift = total(sums, shares, stride) / rows;
    let mean = load<f32>(x + c * 4) + shift;
    if (isNaN(mean)) mean = meanOf(x + c * 4, rows, channels); // the pivot is infinite, or all is lost
    const variance = max(0, total(sums + channels * 8, shares, stride) / rows - shift * shift);
    store<f32>(int(args, 8) + c * 4, <f32>mean);
    store<f32>(int(args, 9) + c * 4, <f32>variance);
    const factor = load<f32>(int(args, 5) + c * 4) / sqrt(variance + float(args, 7));
    const coefficients: usize = int(args, 10) + c * 4;
    store<f32>(coefficients, <f32>mean);
    store<f32>(coefficients + channels * 4, <f32>factor);
    store<f32>(coefficients + channels * 8, load<f32>(int(args, 6) + c * 4));
  }
}

function meanOf(x: usize, rows: i32, channels: i32): f64 {
  let sum: f64 = 0;
  for (let row = 0; row < rows; row++, x += channels * 4) sum += load<f32>(x);
  return sum / rows;
}

/** moving −= (moving − value) · share. In one share. Arguments: moving, value, count, share. */
export function moveTowards(args: usize, part: i32, parts: i32): void {
  const moving: usize = int(args, 0), value: usize = int(args, 1);
  const end: usize = int(args, 2) * 4;
  const share = float(args, 3);
  for (let i: usize = 0; i < end; i += 4) {
    const old = load<f32>(moving + i);
    store<f32>(moving + i, old - (old - load<f32>(value + i)) * share);
  }
}

/**
 * From `normalizationSums`' sums, the gradients of gamma and beta and the coefficients of `normalizationGradient`. In one
 * share. Arguments: sums, sums' shares, rows, channels, mean, variance, gamma, ε, coefficients, dGamma, dBeta.
 */
export function normalizationSumsFinish(args: usize, part: i32, parts: i32): void {
  const shares = int(args, 1), rows = int(args, 2), channels = int(args, 3);
  const stride: usize = channels * 16;
  for (let c = 0; c < channels; c++) {
    const sums: usize = int(args, 0) + c * 8;
    const sum = total(sums, shares, stride);
    const product = total(sums + channels * 8, shares, stride);
    const variance: f64 = load<f32>(int(args, 5) + c * 4);
    const inverse = 1 / sqrt(variance + float(args, 7));
    const factor = load<f32>(int(args, 6) + c * 4) * inverse;
    store<f32>(int(args, 9) + c * 4, <f32>(product * inverse));
    store<f32>(int(args, 10) + c * 4, <f32>sum);
    const coefficients: usize = int(args, 8) + c * 4;
    store<f32>(coefficients, load<f32>(int(args, 4) + c * 4));
    store<f32>(coefficients + channels * 4, <f32>factor);
    store<f32>(coefficients + channels * 8, <f32>((-factor * inverse * inverse * product) / rows));
    store<f32>(coefficients + channels * 12, <f32>((-factor * sum) / rows));
  }
}

/** In one share. Arguments: sums of `sumRows`, shares, channels, out. */
export function sumRowsFinish(args: usize, part: i32, parts: i32): void {
  const channels = int(args, 2);
  for (let c = 0; c < channels; c++) {
    store<f32>(int(args, 3) + c * 4, <f32>total(int(args, 0) + c * 8, int(args, 1), channels * 8));
  }
}

/** What normalises in inference. In one share. Arguments: mean, variance, gamma, beta (0 for ones, zeros), ε, channels, coefficients. */
export function inferenceCoefficients(args: usize, part: i32, parts: i32): void {
  const channels = int(args, 5);
  for (let c = 0; c < channels; c++) {
    const variance: f64 = load<f32>(int(args, 1) + c * 4);
    const gamma: f64 = int(args, 2) ? load<f32>(int(args, 2) + c * 4) : 1;
    const coefficients: usize = int(args, 6) + c * 4;
    store<f32>(coefficients, load<f32>(int(args, 0) + c * 4));
    store<f32>(coefficients + channels * 4, <f32>(gamma / sqrt(variance + float(args, 4))));
    store<f32>(coefficients + channels * 8, int(args, 3) ? load<f32>(int(args, 3) + c * 4) : 0);
  }
}
