// Matrix products of any layout: a strip of 8 columns of B is packed, then all rows of A go over it.
import { fma, int, relu, shareStart, storeLanes, zero } from './common';
import { STRIP } from './products';

/** Rows of B that are packed at a time: 16 KiB, half of the first cache. */
const DEPTH: i32 = 512;

/**
 * c [rows, columns] = activation(a · b + bias), each operand transposed or not: element (i, k) of a stands at
 * i · aRow + k · aColumn, in floats, b alike. Arguments: a, aRow, aColumn, b, bRow, bColumn, c, rows, depth, columns,
 * bias (0 for none), relu, scratch, scratch bytes a share, 1 to share the rows out and 0 the columns.
 */
export function multiply(args: usize, part: i32, parts: i32): void {
  const aRow: usize = int(args, 1) * 4,
    aColumn: usize = int(args, 2) * 4;
  const bRow: usize = int(args, 4) * 4,
    bColumn: usize = int(args, 5) * 4;
  const c: usize = int(args, 6);
  const rows = int(args, 7),
    depth = int(args, 8),
    columns = int(args, 9);
  const bias: usize = int(args, 10);
  const activate = int(args, 11) != 0;
  const packed: usize = int(args, 12) + part * int(args, 13);
  const byRows = int(args, 14) != 0;
  const firstRow = byRows ? shareStart(rows, 4, part, parts) : 0;
  const lastRow = byRows ? shareStart(rows, 4, part + 1, parts) : rows;
  const firstColumn = byRows ? 0 : shareStart(columns, STRIP, part, parts);
  const lastColumn = byRows ? columns : shareStart(columns, STRIP, part + 1, parts);

  for (let column = firstColumn; column < lastColumn; column += STRIP) {
    const lanes = min(STRIP, lastColumn - column);
    for (let block = 0; block < depth || block == 0; block += DEPTH) {
      const end = min(depth, block + DEPTH);
      let to = packed;
      for (let k = block; k < end; k++, to += STRIP * 4) {
        const from: usize = int(args, 3) + k * bRow + column * bColumn;
        if (bColumn == 4 && lanes == STRIP) {
          v128.store(to, v128.load(from));
          v128.store(to, v128.load(from, 16), 16);
        } else {
          for (let lane = 0; lane < STRIP; lane++) {
            store<f32>(to + (lane << 2), lane < lanes ? load<f32>(from + lane * bColumn) : 0);
          }
        }
      }
      const isLast = end == depth;
      const b0 = isLast && bias ? v128.load(bias + column * 4) : zero();
      const b1 = isLast && bias ? v128.load(bias + column * 4, 16) : zero();
      for (let row = firstRow; row < lastRow; row += 4) {
        let p0: usize = int(args, 0) + row * aRow + block * aColumn;
        let p1 = row + 1 < lastRow ? p0 + aRow : p0;
        let p2 = row + 2 < lastRow ? p1 + aRow : p0;
        let p3 = row + 3 < lastRow ? p2 + aRow : p0;
        let s00 = zero(),
          s01 = zero(),
          s10 = zero(),
          s11 = zero();
        let s20 = zero(),
          s21 = zero(),
          s30 = zero(),
          s31 = zero();
        for (let q = packed; q < to; q += STRIP * 4, p0 += aColumn, p1 += aColumn, p2 += aColumn, p3 += aColumn) {
          const w0 = v128.load(q),
            w1 = v128.load(q, 16);
          let x = v128.load32_splat(p0);
          s00 = fma(x, w0, s00);
          s01 = fma(x, w1, s01);
          x = v128.load32_splat(p1);
          s10 = fma(x, w0, s10);
          s11 = fma(x, w1, s11);
          x = v128.load32_splat(p2);
          s20 = fma(x, w0, s20);
          s21 = fma(x, w1, s21);
          x = v128.load32_splat(p3);
          s30 = fma(x, w0, s30);
          s31 = fma(x, w1, s31);
        }
        const add = block > 0;
        const target = c + (row * columns + column) * 4;
        storeRow(target, s00, s01, b0, b1, lanes, add, isLast && activate);
        if (row + 1 < lastRow) storeRow(target + columns * 4, s10, s11, b0, b1, lanes, add, isLast && activate);
        if (row + 2 < lastRow) storeRow(target + columns * 8, s20, s21, b0, b1, lanes, add, isLast && activate);
        if (row + 3 < lastRow) storeRow(target + columns * 12, s30, s31, b0, b1, lanes, add, isLast && activate);
      }
    }
  }
}

function storeRow(
  target: usize,
  low: v128,
  high: v128,
  biasLow: v128,
  biasHigh: v128,
  lanes: i32,
  add: bool,
  activate: bool,
): void {
  if (add) {
    low = f32x4.add(low, v128.load(target));
    high = f32x4.add(high, v128.load(target, 16));
  }
  low = f32x4.add(low, biasLow);
  storeLanes(target, activate ? relu(low) : low, lanes);
  if (lanes <= 4) return;
  high = f32x4.add(high, biasHigh);
  storeLanes(target + 16, activate ? relu(high) : high, lanes - 4);
}
