// 3×3 convolutions with stride 1 by Winograd's F(4×4, 3×3), in all three directions. A block of tiles goes through all
// stages while it is in the core's cache; a border tile is copied into a patch with zeros around it first.
import { clear, fma, int, relu, setFlag, shareStart, zero } from './common';
import { accumulateTransposed, multiplyStrip, STRIP } from './products';
import {
  PATCH,
  POINTS,
  TILE,
  transformFilter,
  transformFilterGradient,
  transformGradient,
  transformInput,
  transformOutput,
} from './winograd-transforms';

const VECTOR: i32 = 16;
/** Between the 36 planes of a block, so that they don't fall on the same lines of the cache. */
const GAP: i32 = 64;
const TEMPORARY: i32 = POINTS * VECTOR;

/** Copies a square of an image, [height, width, channels], starting at (top, left), with zeros beyond its border. */
function copyPatch(
  image: usize,
  height: i32,
  width: i32,
  pixelBytes: i32,
  top: i32,
  left: i32,
  side: i32,
  patch: usize,
): void {
  const before = max(0, -left);
  const inside = min(side, width - left) - before;
  for (let y = top; y < top + side; y++) {
    if (y < 0 || y >= height || inside <= 0) {
      for (const end = patch + side * pixelBytes; patch < end; patch += VECTOR) v128.store(patch, zero());
      continue;
    }
    let from = image + (y * width + left + before) * pixelBytes;
    for (const end = patch + before * pixelBytes; patch < end; patch += VECTOR) v128.store(patch, zero());
    for (const end = patch + inside * pixelBytes; patch < end; patch += VECTOR, from += VECTOR) {
      v128.store(patch, v128.load(from));
    }
    const after = side - before - inside;
    for (const end = patch + after * pixelBytes; patch < end; patch += VECTOR) v128.store(patch, zero());
  }
}

/** Bᵀ d B of one tile of inputs for every channel; the 36 results go to planes `planeBytes` apart. */
function inputTile(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  patch: usize,
  temporary: usize,
  target: usize,
  planeBytes: usize,
): void {
  const pixelBytes = channels << 2;
  let from = image + (top * width + left) * pixelBytes;
  let rowBytes = width * pixelBytes;
  if (top < 0 || left < 0 || top + PATCH > height || left + PATCH > width) {
    copyPatch(image, height, width, pixelBytes, top, left, PATCH, patch);
    from = patch;
    rowBytes = PATCH * pixelBytes;
  }
  for (const end = target + pixelBytes; target < end; target += VECTOR, from += VECTOR) {
    for (let column = 0; column < PATCH; column++) {
      transformInput(from + column * pixelBytes, rowBytes, temporary + column * VECTOR, PATCH * VECTOR);
    }
    for (let row = 0; row < PATCH; row++) {
      transformInput(temporary + row * PATCH * VECTOR, VECTOR, target + row * PATCH * planeBytes, planeBytes);
    }
  }
}

/** A dy Aᵀ of one tile of outputs' gradients; rows of `target` are `rowFloats` long, its end is cleared. */
function gradientTile(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  patch: usize,
  temporary: usize,
  target: usize,
  planeBytes: usize,
  rowFloats: i32,
): void {
  const pixelBytes = channels << 2;
  let from = image + (top * width + left) * pixelBytes;
  let rowBytes = width * pixelBytes;
  if (top + TILE > height || left + TILE > width) {
    copyPatch(image, height, width, pixelBytes, top, left, TILE, patch);
    from = patch;
    rowBytes = TILE * pixelBytes;
  }
  if (rowFloats != channels) {
    for (let point = 0; point < POINTS; point++) v128.store(target + point * planeBytes + pixelBytes, zero());
  }
  for (const end = target + pixelBytes; target < end; target += VECTOR, from += VECTOR) {
    for (let column = 0; column < TILE; column++) {
      transformGradient(from + column * pixelBytes, rowBytes, temporary + column * VECTOR, TILE * VECTOR);
    }
    for (let row = 0; row < PATCH; row++) {
      transformGradient(temporary + row * TILE * VECTOR, VECTOR, target + row * PATCH * planeBytes, planeBytes);
    }
  }
}

/**
 * Filters into Winograd's domain: w [3, 3, channels, filters] → u [36][strips of 8 outputs][depth][8].
 * Forward, depth is the channels; turned (for the input's gradient), it is the filters, each turned by 180°.
 * Arguments: w, u, channels, filters, turned, scratch, scratch bytes a share.
 */
export function winogradFilter(args: usize, part: i32, parts: i32): void {
  const w = int(args, 0);
  const channels = int(args, 2);
  const filters = int(args, 3);
  const turned = int(args, 4);
  const depth = turned ? filters : channels;
  const outputs = turned ? channels : filters;
  const strips = (outputs + STRIP - 1) / STRIP;
  const planeBytes: usize = strips * depth * STRIP * 4;
  const tapBytes = channels * filters * 4;
  const temporary: usize = int(args, 5) + part * int(args, 6);
  const taps = temporary + 18 * VECTOR;
  const last = shareStart(strips * depth, 1, part + 1, parts);
  for (let index = shareStart(strips * depth, 1, part, parts); index < last; index++) {
    const d = index % depth;
    for (let half = 0; half < 2; half++) {
      const output = (index / depth) * STRIP + half * 4;
      const target: usize = int(args, 1) + index * STRIP * 4 + half * VECTOR;
      if (output >= outputs) {
        for (let point = 0; point < POINTS; point++) v128.store(target + point * planeBytes, zero());
        continue;
      }
      for (let tap = 0; tap < 9; tap++) {
        if (!turned) {
          v128.store(taps + tap * VECTOR, v128.load(w + tap * tapBytes + (d * filters + output) * 4));
          continue;
        }
        for (let lane = 0; lane < 4; lane++) {
          const from: usize = w + (8 - tap) * tapBytes + ((output + lane) * filters + d) * 4;
          store<f32>(taps + tap * VECTOR + lane * 4, load<f32>(from));
        }
      }
      for (let column = 0; column < 3; column++) {
        transformFilter(taps + column * VECTOR, 3 * VECTOR, temporary + column * VECTOR, 3 * VECTOR);
      }
      for (let row = 0; row < PATCH; row++) {
        transformFilter(temporary + row * 3 * VECTOR, VECTOR, target + row * PATCH * planeBytes, planeBytes);
      }
    }
  }
}

/**
 * y = activation(x * filter + bias), or the input's gradient with filters that were turned.
 * Arguments: x, u, y, bias (0 for none), batch, height, width, depth, out height, out width, outputs, pad top, pad left,
 * relu, tiles a block, scratch, scratch bytes a share, flags: one a share, set where a result is not finite.
 */
export function winogradConvolve(args: usize, part: i32, parts: i32): void {
  const u: usize = int(args, 1);
  const y: usize = int(args, 2);
  const bias: usize = int(args, 3);
  const height = int(args, 5),
    width = int(args, 6),
    depth = int(args, 7);
  const outHeight = int(args, 8),
    outWidth = int(args, 9),
    outputs = int(args, 10);
  const padTop = int(args, 11),
    padLeft = int(args, 12);
  const activate = int(args, 13) != 0;
  const blockTiles = int(args, 14);
  const tilesDown = (outHeight + TILE - 1) / TILE;
  const tilesAcross = (outWidth + TILE - 1) / TILE;
  const imageTiles = tilesDown * tilesAcross;
  const strips = (outputs + STRIP - 1) / STRIP;
  const outRow: usize = strips * STRIP * 4;
  const stripBytes: usize = depth * STRIP * 4;
  const inPlane: usize = blockTiles * depth * 4 + GAP;
  const outPlane: usize = blockTiles * outRow + GAP;
  const temporary: usize = int(args, 15) + part * int(args, 16);
  const results = temporary + TEMPORARY;
  const v = results + TILE * TILE * VECTOR;
  const m = v + POINTS * inPlane;
  const patch = m + POINTS * outPlane;
  const pixelBytes: usize = outputs * 4;
  let check = zero();

  const last = shareStart(int(args, 4) * imageTiles, 1, part + 1, parts);
  for (let first = shareStart(int(args, 4) * imageTiles, 1, part, parts); first < last; first += blockTiles) {
    const count = min(blockTiles, last - first);
    for (let t = 0; t < count; t++) {
      const image = (first + t) / imageTiles;
      const tile = (first + t) % imageTiles;
      const top = (tile / tilesAcross) * TILE - padTop;
      const left = (tile % tilesAcross) * TILE - padLeft;
      inputTile(
        int(args, 0) + image * height * width * depth * 4,
        height,
        width,
        depth,
        top,
        left,
        patch,
        temporary,
        v + t * depth * 4,
        inPlane,
      );
    }
    const rows = (count + 3) & ~3;
    for (let point = 0; point < POINTS; point++) {
      for (let strip = 0; strip < strips; strip++) {
        multiplyStrip(
          v + point * inPlane,
          depth * 4,
          u + (point * strips + strip) * stripBytes,
          depth,
          m + point * outPlane + strip * STRIP * 4,
          outRow,
          rows,
        );
      }
    }
    for (let t = 0; t < count; t++) {
      const image = (first + t) / imageTiles;
      const tile = (first + t) % imageTiles;
      const top = (tile / tilesAcross) * TILE;
      const left = (tile % tilesAcross) * TILE;
      const down = min(TILE, outHeight - top);
      const across = min(TILE, outWidth - left);
      let target: usize = y + ((image * outHeight + top) * outWidth + left) * pixelBytes;
      for (let output = 0; output < outputs; output += 4, target += VECTOR) {
        const from = m + t * outRow + output * 4;
        for (let column = 0; column < PATCH; column++) {
          transformOutput(from + column * outPlane, PATCH * outPlane, temporary + column * VECTOR, PATCH * VECTOR);
        }
        for (let row = 0; row < TILE; row++) {
          transformOutput(temporary + row * PATCH * VECTOR, VECTOR, results + row * TILE * VECTOR, VECTOR);
        }
        const offset = bias ? v128.load(bias + output * 4) : zero();
        for (let row = 0; row < down; row++) {
          let to = target + row * outWidth * pixelBytes;
          const from = results + row * TILE * VECTOR;
          for (let column = 0; column < across; column++, to += pixelBytes) {
            const value = f32x4.add(v128.load(from + column * VECTOR), offset);
            check = fma(value, zero(), check);
            v128.store(to, activate ? relu(value) : value);
          }
        }
      }
    }
  }
  setFlag(int(args, 17), part, check);
}

/**
 * The filter's gradient in Winograd's domain: each share sums its tiles' Bᵀ x B · A dy Aᵀ into a sum of its own,
 * [36][channels][filters, rounded up to strips].
 * Arguments: x, dy, sums, bytes of a sum, batch, height, width, channels, out height, out width, filters, pad top, pad left,
 * tiles a block, scratch, scratch bytes a share.
 */
export function winogradFilterGradient(args: usize, part: i32, parts: i32): void {
  const height = int(args, 5),
    width = int(args, 6),
    channels = int(args, 7);
  const outHeight = int(args, 8),
    outWidth = int(args, 9),
    filters = int(args, 10);
  const padTop = int(args, 11),
    padLeft = int(args, 12);
  const blockTiles = int(args, 13);
  const tilesDown = (outHeight + TILE - 1) / TILE;
  const tilesAcross = (outWidth + TILE - 1) / TILE;
  const imageTiles = tilesDown * tilesAcross;
  const rowFloats = (filters + STRIP - 1) & ~(STRIP - 1);
  const row: usize = rowFloats * 4;
  const inPlane: usize = blockTiles * channels * 4 + GAP;
  const outPlane: usize = blockTiles * row + GAP;
  const temporary: usize = int(args, 14) + part * int(args, 15);
  const v = temporary + TEMPORARY;
  const z = v + POINTS * inPlane;
  const patch = z + POINTS * outPlane;
  const sums: usize = int(args, 2) + part * int(args, 3);
  clear(sums, int(args, 3));

  const last = shareStart(int(args, 4) * imageTiles, 1, part + 1, parts);
  for (let first = shareStart(int(args, 4) * imageTiles, 1, part, parts); first < last; first += blockTiles) {
    const count = min(blockTiles, last - first);
    for (let t = 0; t < count; t++) {
      const image = (first + t) / imageTiles;
      const tile = (first + t) % imageTiles;
      const top = (tile / tilesAcross) * TILE;
      const left = (tile % tilesAcross) * TILE;
      inputTile(
        int(args, 0) + image * height * width * channels * 4,
        height,
        width,
        channels,
        top - padTop,
        left - padLeft,
        patch,
        temporary,
        v + t * channels * 4,
        inPlane,
      );
      gradientTile(
        int(args, 1) + image * outHeight * outWidth * filters * 4,
        outHeight,
        outWidth,
        filters,
        top,
        left,
        patch,
        temporary,
        z + t * row,
        outPlane,
        rowFloats,
      );
    }
    for (let point = 0; point < POINTS; point++) {
      for (let c = 0; c < channels; c += 4) {
        const a: usize = v + point * inPlane + c * 4;
        for (let f = 0; f < rowFloats; f += STRIP) {
          accumulateTransposed(
            a,
            channels * 4,
            z + point * outPlane + f * 4,
            row,
            count,
            sums + (point * channels + c) * row + f * 4,
            row,
          );
        }
      }
    }
  }
}

/**
 * dw [3, 3, channels, filters] = Gᵀ (sum of the shares) G.
 * Arguments: sums, bytes of a sum, sums, dw, channels, filters, scratch, scratch bytes a share, flags as above.
 */
export function winogradFilterGradientFinish(args: usize, part: i32, parts: i32): void {
  const sums: usize = int(args, 0);
  const sumBytes: usize = int(args, 1);
  const count = int(args, 2);
  const channels = int(args, 4),
    filters = int(args, 5);
  const rowFloats = (filters + STRIP - 1) & ~(STRIP - 1);
  const planeBytes: usize = channels * rowFloats * 4;
  const temporary: usize = int(args, 6) + part * int(args, 7);
  const gathered = temporary + TEMPORARY;
  const tapBytes: usize = channels * filters * 4;
  let check = zero();
  const last = shareStart(channels, 1, part + 1, parts);
  for (let c = shareStart(channels, 1, part, parts); c < last; c++) {
    for (let f = 0; f < filters; f += 4) {
      for (let point = 0; point < POINTS; point++) {
        let from = sums + point * planeBytes + (c * rowFloats + f) * 4;
        let sum = v128.load(from);
        for (let share = 1; share < count; share++) {
          from += sumBytes;
          sum = f32x4.add(sum, v128.load(from));
        }
        check = fma(sum, zero(), check);
        v128.store(gathered + point * VECTOR, sum);
      }
      for (let column = 0; column < PATCH; column++) {
        transformFilterGradient(
          gathered + column * VECTOR,
          PATCH * VECTOR,
          temporary + column * VECTOR,
          PATCH * VECTOR,
        );
      }
      const target: usize = int(args, 3) + (c * filters + f) * 4;
      for (let row = 0; row < 3; row++) {
        transformFilterGradient(temporary + row * PATCH * VECTOR, VECTOR, target + row * 3 * tapBytes, tapBytes);
      }
    }
  }
  setFlag(int(args, 8), part, check);
}
