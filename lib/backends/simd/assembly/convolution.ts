// Convolutions of any filter, stride, padding and dilation. Four pixels × 8 outputs are computed at once; which pixels of
// the input lie under them, tap by tap, is listed once for all outputs, and one beyond the border is a pixel of zeros.
import { clear, fma, int, isRaised, relu, setFlag, shareStart, storeLanes, zero } from './common';
import { accumulateRows, STRIP } from './products';

const GROUP: i32 = 4;
/** Bytes of a tap's entry: four pixels and the offset of its weights. */
const ENTRY: i32 = 20;

/**
 * w [taps, channels, filters] → [strips of 8 outputs][taps][depth][8]. Forward, outputs are the filters and depth the
 * channels; transposed, the other way round. Arguments: w, packed, taps, channels, filters, transposed,
 * condition, its flags.
 */
export function packFilter(args: usize, part: i32, parts: i32): void {
  if (int(args, 6) && !isRaised(int(args, 6), int(args, 7))) return;
  const w: usize = int(args, 0);
  const taps = int(args, 2),
    channels = int(args, 3),
    filters = int(args, 4);
  const transposed = int(args, 5) != 0;
  const depth = transposed ? filters : channels;
  const outputs = transposed ? channels : filters;
  const outputBytes = transposed ? filters * 4 : 4;
  const depthBytes = transposed ? 4 : filters * 4;
  const rows = ((outputs + STRIP - 1) / STRIP) * taps * depth;
  const last = shareStart(rows, 1, part + 1, parts);
  for (let index = shareStart(rows, 1, part, parts); index < last; index++) {
    const tap = (index / depth) % taps;
    const output = (index / depth / taps) * STRIP;
    let to: usize = int(args, 1) + index * STRIP * 4;
    let from: usize = w + tap * channels * filters * 4 + (index % depth) * depthBytes + output * outputBytes;
    for (let lane = 0; lane < STRIP; lane++, to += 4, from += outputBytes) {
      store<f32>(to, output + lane < outputs ? load<f32>(from) : 0);
    }
  }
}

/** results [4 × 8] = the sum over the listed taps of four pixels [depth] times the tap's weights [depth × 8]. */
function multiplyTaps(list: usize, end: usize, weights: usize, depth: i32, results: usize): void {
  let s00 = zero(),
    s01 = zero(),
    s10 = zero(),
    s11 = zero(),
    s20 = zero(),
    s21 = zero(),
    s30 = zero(),
    s31 = zero();
  for (; list < end; list += ENTRY) {
    let p0: usize = load<i32>(list);
    let p1: usize = load<i32>(list, 4);
    let p2: usize = load<i32>(list, 8);
    let p3: usize = load<i32>(list, 12);
    let q: usize = weights + load<i32>(list, 16);
    const last = p0 + (depth << 2);
    for (; p0 < last; p0 += 4, p1 += 4, p2 += 4, p3 += 4, q += 32) {
      const b0 = v128.load(q),
        b1 = v128.load(q, 16);
      let x = v128.load32_splat(p0);
      s00 = fma(x, b0, s00);
      s01 = fma(x, b1, s01);
      x = v128.load32_splat(p1);
      s10 = fma(x, b0, s10);
      s11 = fma(x, b1, s11);
      x = v128.load32_splat(p2);
      s20 = fma(x, b0, s20);
      s21 = fma(x, b1, s21);
      x = v128.load32_splat(p3);
      s30 = fma(x, b0, s30);
      s31 = fma(x, b1, s31);
    }
  }
  v128.store(results, s00);
  v128.store(results, s01, 16);
  v128.store(results, s10, 32);
  v128.store(results, s11, 48);
  v128.store(results, s20, 64);
  v128.store(results, s21, 80);
  v128.store(results, s30, 96);
  v128.store(results, s31, 112);
}

/** Of each of a block's groups, its list's end and how many numbers of a pixel a tap takes; behind one group's results. */
const ENDS: i32 = 128;
const END: i32 = 8;
/** Groups of a block: their weights, one strip, are loaded from the near cache for all but the first. */
const BLOCK: i32 = 8;
const LISTS: i32 = ENDS + BLOCK * END;

/**
 * y = activation(x * filter + bias). Arguments: x, packed filter, y, bias (0 for none), batch, height, width, channels,
 * filter height, filter width, stride down, across, dilation down, across, pad top, left, out height, out width, filters,
 * relu, a pixel of zeros, scratch, scratch bytes a share, flags: one a share, set where a result is not finite, a condition
 * (flags of another job) and its number of flags; 0 for none. With a condition it is exact: pixel by pixel, so that no zero
 * beyond the border meets an infinite weight.
 */
export function convolve(args: usize, part: i32, parts: i32): void {
  if (int(args, 24) && !isRaised(int(args, 24), int(args, 25))) return;
  const y: usize = int(args, 2);
  const bias: usize = int(args, 3);
  const channels = int(args, 7);
  const taps = int(args, 8) * int(args, 9);
  const filters = int(args, 18);
  const activate = int(args, 19) != 0;
  const results: usize = int(args, 21) + part * int(args, 22);
  const listBytes: usize = taps * ENTRY;
  const stripBytes: usize = taps * channels * 4 * STRIP;
  const size = int(args, 24) ? 1 : GROUP;
  let check = zero();
  const pixels = int(args, 4) * int(args, 16) * int(args, 17);
  const last = shareStart(pixels, GROUP, part + 1, parts);
  for (let first = shareStart(pixels, GROUP, part, parts); first < last; first += size * BLOCK) {
    const groups = min(BLOCK, (last - first + size - 1) / size);
    for (let group = 0; group < groups; group++) {
      listTaps(args, first + group * size, size, pixels, results + LISTS + group * listBytes, results + ENDS + group * END);
    }
    let strip: usize = int(args, 1);
    for (let output = 0; output < filters; output += STRIP, strip += stripBytes) {
      const lanes = filters - output;
      const b0 = bias ? v128.load(bias + output * 4) : zero();
      const b1 = bias ? v128.load(bias + output * 4, 16) : zero();
      for (let group = 0; group < groups; group++) {
        const end = results + ENDS + group * END;
        multiplyTaps(results + LISTS + group * listBytes, load<i32>(end), strip, load<i32>(end, 4), results);
        const pixel = first + group * size;
        for (let i = 0; i < size && pixel + i < pixels; i++) {
          const target = y + (pixelAt(args, pixel + i) * filters + output) * 4;
          // Before the bias, behind which there may be anything.
          const sum = v128.load(results + i * 32);
          check = fma(sum, zero(), check);
          const low = f32x4.add(sum, b0);
          storeLanes(target, activate ? relu(low) : low, lanes);
          if (lanes <= 4) continue;
          const sumHigh = v128.load(results + i * 32, 16);
          check = fma(sumHigh, zero(), check);
          const high = f32x4.add(sumHigh, b1);
          storeLanes(target + 16, activate ? relu(high) : high, lanes - 4);
        }
      }
    }
  }
  if (!int(args, 24)) setFlag(int(args, 23), part, check); // an exact job leaves its condition as it is
}

/**
 * The position in memory of the i-th output pixel. Maps narrower than a group go through all images at one place before
 * the next place, so that the pixels of a group lie at the same border, whose taps are then left out.
 */
@inline
function pixelAt(args: usize, i: i32): i32 {
  if (int(args, 17) >= GROUP) return i;
  const batch = int(args, 4);
  return (i % batch) * int(args, 16) * int(args, 17) + i / batch;
}

/** Lists the taps of the `size` outputs from `first` on, 4 or 1; notes the list's end and the taps' depth at `end`. */
function listTaps(args: usize, first: i32, size: i32, pixels: i32, list: usize, end: usize): void {
  const x = int(args, 0);
  const height = int(args, 5), width = int(args, 6), pixelBytes = int(args, 7) * 4;
  const filterHeight = int(args, 8), filterWidth = int(args, 9);
  const strideDown = int(args, 10), strideAcross = int(args, 11);
  const dilationDown = int(args, 12), dilationAcross = int(args, 13);
  const padTop = int(args, 14), padLeft = int(args, 15);
  const outHeight = int(args, 16), outWidth = int(args, 17);
  const zeros = int(args, 20);
  const row = first / outWidth;
  const column = first % outWidth;
  const top = (row % outHeight) * strideDown - padTop;
  const left = column * strideAcross - padLeft;
  const reach = left + (GROUP - 1) * strideAcross + (filterWidth - 1) * dilationAcross;
  const inside =
    size == GROUP && column + GROUP <= outWidth && top >= 0 && left >= 0 && reach < width &&
    top + (filterHeight - 1) * dilationDown < height;
  let entry = list;
  store<i32>(end, int(args, 7), 4);
  if (inside && dilationAcross == 1) {
    // The pixels of a row of taps lie one behind the other, and so do their weights: one long tap.
    store<i32>(end, filterWidth * int(args, 7), 4);
    let pointer = x + (((row / outHeight) * height + top) * width + left) * pixelBytes;
    for (let tapDown = 0; tapDown < filterHeight; tapDown++, pointer += dilationDown * width * pixelBytes) {
      store<i32>(entry, pointer);
      store<i32>(entry, pointer + strideAcross * pixelBytes, 4);
      store<i32>(entry, pointer + 2 * strideAcross * pixelBytes, 8);
      store<i32>(entry, pointer + 3 * strideAcross * pixelBytes, 12);
      store<i32>(entry, tapDown * filterWidth * pixelBytes * STRIP, 16);
      entry += ENTRY;
    }
    store<i32>(end, <i32>entry);
    return;
  }
  if (inside) {
    const corner = x + (((row / outHeight) * height + top) * width + left) * pixelBytes;
    for (let tapDown = 0; tapDown < filterHeight; tapDown++) {
      let pointer = corner + tapDown * dilationDown * width * pixelBytes;
      for (let tapAcross = 0; tapAcross < filterWidth; tapAcross++, pointer += dilationAcross * pixelBytes) {
        store<i32>(entry, pointer);
        store<i32>(entry, pointer + strideAcross * pixelBytes, 4);
        store<i32>(entry, pointer + 2 * strideAcross * pixelBytes, 8);
        store<i32>(entry, pointer + 3 * strideAcross * pixelBytes, 12);
        store<i32>(entry, (tapDown * filterWidth + tapAcross) * pixelBytes * STRIP, 16);
        entry += ENTRY;
      }
    }
    store<i32>(end, <i32>entry);
    return;
  }
  for (let i = 0; i < GROUP; i++) {
    const pixel = pixelAt(args, min(first + min(i, size - 1), pixels - 1));
    const row = pixel / outWidth;
    const top = (row % outHeight) * strideDown - padTop;
    const left = (pixel % outWidth) * strideAcross - padLeft;
    const image = x + (row / outHeight) * height * width * pixelBytes;
    let to = list + (i << 2);
    for (let tapDown = 0, y = top; tapDown < filterHeight; tapDown++, y += dilationDown) {
      const rowInside = y >= 0 && y < height;
      for (let tapAcross = 0, x = left; tapAcross < filterWidth; tapAcross++, x += dilationAcross) {
        const pixelInside = rowInside && x >= 0 && x < width;
        store<i32>(to, pixelInside ? image + (y * width + x) * pixelBytes : zeros);
        to += ENTRY;
      }
    }
  }
  // Taps that lie beyond the border for all four are left out.
  let from = list;
  for (let tap = 0; tap < filterHeight * filterWidth; tap++, from += ENTRY) {
    const p0 = load<i32>(from), p1 = load<i32>(from, 4), p2 = load<i32>(from, 8), p3 = load<i32>(from, 12);
    if (p0 == zeros && p1 == zeros && p2 == zeros && p3 == zeros) continue;
    store<i32>(entry, p0);
    store<i32>(entry, p1, 4);
    store<i32>(entry, p2, 8);
    store<i32>(entry, p3, 12);
    store<i32>(entry, tap * pixelBytes * STRIP, 16);
    entry += ENTRY;
  }
  store<i32>(end, <i32>entry);
}

/**
 * dx, the gradient for the input: pixels `stride` apart in a row, which lie under the same taps, form a group.
 * Arguments as those of `convolve`: dy, packed transposed filter, dx, unused, batch, height, width, channels, filter
 * height, filter width, stride down, across, unused, unused, pad top, left, out height, out width, filters, unused, zeros,
 * scratch, scratch bytes a share, flags, condition, its flags.
 */
export function convolveInputGradient(args: usize, part: i32, parts: i32): void {
  if (int(args, 24) && !isRaised(int(args, 24), int(args, 25))) return;
  const height = int(args, 5), width = int(args, 6), channels = int(args, 7);
  const taps = int(args, 8) * int(args, 9);
  const strideAcross = int(args, 11);
  const filters = int(args, 18);
  const results: usize = int(args, 21) + part * int(args, 22);
  const listBytes: usize = taps * ENTRY;
  const stripBytes: usize = taps * filters * STRIP * 4;
  const size = int(args, 24) ? 1 : GROUP;
  let check = zero();
  const rows = int(args, 4) * height;
  const last = shareStart(rows, 1, part + 1, parts);
  for (let row = shareStart(rows, 1, part, parts); row < last; row++) {
    for (let phase = 0; phase < min(strideAcross, width); phase++) {
      const step = size * strideAcross;
      for (let first = phase; first < width; first += step * BLOCK) {
        const groups = min(BLOCK, (width - first + step - 1) / step);
        for (let group = 0; group < groups; group++) {
          store<i32>(
            results + ENDS + group * END,
            listGradientTaps(args, row, first + group * step, size, results + LISTS + group * listBytes),
          );
        }
        let strip: usize = int(args, 1);
        for (let channel = 0; channel < channels; channel += STRIP, strip += stripBytes) {
          const lanes = channels - channel;
          for (let group = 0; group < groups; group++) {
            multiplyTaps(
              results + LISTS + group * listBytes, load<i32>(results + ENDS + group * END), strip, filters, results,
            );
            const left = first + group * step;
            for (let i = 0; i < size && left + i * strideAcross < width; i++) {
              const target: usize = int(args, 2) + ((row * width + left + i * strideAcross) * channels + channel) * 4;
              const low = v128.load(results + i * 32);
              check = fma(low, zero(), check);
              storeLanes(target, low, lanes);
              if (lanes <= 4) continue;
              const high = v128.load(results + i * 32, 16);
              check = fma(high, zero(), check);
              storeLanes(target + 16, high, lanes - 4);
            }
          }
        }
      }
    }
  }
  if (!int(args, 24)) setFlag(int(args, 23), part, check); // an exact job leaves its condition as it is
}

/** Lists the outputs that the `size` inputs from `left` on, a stride apart, took part in; @returns the list's end. */
function listGradientTaps(args: usize, row: i32, left: i32, size: i32, entry: usize): usize {
  const height = int(args, 5);
  const filterHeight = int(args, 8), filterWidth = int(args, 9);
  const strideDown = int(args, 10), strideAcross = int(args, 11);
  const padTop = int(args, 14), padLeft = int(args, 15);
  const outHeight = int(args, 16), outWidth = int(args, 17), filters = int(args, 18);
  const zeros = int(args, 20);
  for (let tapDown = 0; tapDown < filterHeight; tapDown++) {
    const down = (row % height) + padTop - tapDown;
    if (down < 0 || down % strideDown != 0 || down / strideDown >= outHeight) continue;
    const outRow = int(args, 0) + ((row / height) * outHeight + down / strideDown) * outWidth * filters * 4;
    for (let tapAcross = 0; tapAcross < filterWidth; tapAcross++) {
      const across = left + padLeft - tapAcross;
      if (across % strideAcross != 0) continue;
      const outX = across / strideAcross;
      if (outX + size <= 0 || outX >= outWidth) continue;
      for (let i = 0; i < GROUP; i++) {
        const at = outX + min(i, size - 1);
        store<i32>(entry + (i << 2), at >= 0 && at < outWidth ? outRow + at * filters * 4 : zeros);
      }
      store<i32>(entry, (tapDown * filterWidth + tapAcross) * filters * STRIP * 4, 16);
      entry += ENTRY;
    }
  }
  return entry;
}

/** Rows of outputs that are summed at once, while their inputs stay in the cache. */
const ROWS: i32 = 8;

/**
 * The gradient for the filter, with the pixels of some rows of outputs as the summed dimension. Each share has a sum of its
 * own, [taps][channels, rounded up to 4][filters, rounded up to 8]; what stands beyond the channels and filters is noise.
 * Arguments: x, dy, sums, bytes of a sum, batch, height, width, channels, filter height, filter width, stride down, across,
 * pad top, left, out height, out width, filters, condition, its flags.
 */
export function convolveFilterGradient(args: usize, part: i32, parts: i32): void {
  if (int(args, 17) && !isRaised(int(args, 17), int(args, 18))) return;
  const x: usize = int(args, 0);
  const dy: usize = int(args, 1);
  const sums: usize = int(args, 2) + part * int(args, 3);
  const height = int(args, 5),
    width = int(args, 6),
    channels = int(args, 7);
  const filterHeight = int(args, 8),
    filterWidth = int(args, 9);
  const strideDown = int(args, 10),
    strideAcross = int(args, 11);
  const padTop = int(args, 12),
    padLeft = int(args, 13);
  const outHeight = int(args, 14),
    outWidth = int(args, 15),
    filters = int(args, 16);
  const paddedChannels = (channels + 3) & ~3;
  const sumRow: usize = ((filters + STRIP - 1) & ~(STRIP - 1)) * 4;
  const xStep: usize = strideAcross * channels * 4;
  const yStep: usize = filters * 4;
  clear(sums, int(args, 3));
  const last = shareStart(int(args, 4) * outHeight, 1, part + 1, parts);
  for (let row = shareStart(int(args, 4) * outHeight, 1, part, parts), rows = 0; row < last; row += rows) {
    const image = row / outHeight;
    const outY = row % outHeight;
    rows = min(ROWS, min(last - row, outHeight - outY));
    for (let tapDown = 0; tapDown < filterHeight; tapDown++) {
      // Rows of outputs whose input row under this tap lies inside the image, and outputs of a row alike.
      const down = tapDown - padTop;
      const firstRow = max(outY, down >= 0 ? 0 : (strideDown - 1 - down) / strideDown);
      const lastRow = min(outY + rows, down >= height ? 0 : (height - 1 - down) / strideDown + 1);
      if (firstRow >= lastRow) continue;
      for (let tapAcross = 0; tapAcross < filterWidth; tapAcross++) {
        const across = tapAcross - padLeft;
        const from = across >= 0 ? 0 : (strideAcross - 1 - across) / strideAcross;
        const end = across >= width ? 0 : min(outWidth, (width - 1 - across) / strideAcross + 1);
        if (from >= end) continue;
        const inY = image * height + firstRow * strideDown + down;
        const a = x + (inY * width + from * strideAcross + across) * channels * 4;
        const b = dy + ((image * outHeight + firstRow) * outWidth + from) * yStep;
        const sum = sums + (tapDown * filterWidth + tapAcross) * paddedChannels * sumRow;
        for (let c = 0; c < channels; c += 4) {
          for (let f = 0; f < filters; f += STRIP) {
            accumulateRows(
              a + c * 4, xStep, strideDown * width * channels * 4, b + f * 4, yStep, outWidth * yStep, lastRow - firstRow,
              end - from, sum + c * sumRow + f * 4, sumRow,
            );
          }
        }
      }
    }
  }
}

/**
 * dw [taps, channels, filters] = the sum of the shares. Arguments: sums, bytes of a sum, sums, dw, taps, channels, filters,
 * condition, its flags.
 */
export function convolveFilterGradientFinish(args: usize, part: i32, parts: i32): void {
  if (int(args, 7) && !isRaised(int(args, 7), int(args, 8))) return;
  const sumBytes: usize = int(args, 1);
  const count = int(args, 2);
  const channels = int(args, 5),
    filters = int(args, 6);
  const paddedChannels = (channels + 3) & ~3;
  const sumRow: usize = ((filters + STRIP - 1) & ~(STRIP - 1)) * 4;
  const rows = int(args, 4) * channels;
  const last = shareStart(rows, 1, part + 1, parts);
  for (let row = shareStart(rows, 1, part, parts); row < last; row++) {
    const from: usize = int(args, 0) + ((row / channels) * paddedChannels + (row % channels)) * sumRow;
    const to: usize = int(args, 3) + row * filters * 4;
    for (let f = 0; f < filters; f += 4) {
      let sum = v128.load(from + f * 4);
      for (let share = 1; share < count; share++) sum = f32x4.add(sum, v128.load(from + share * sumBytes + f * 4));
      storeLanes(to + f * 4, sum, filters - f);
    }
  }
}
