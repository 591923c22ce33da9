import type { backend_util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend';
import type { Block } from '../memory';

type Info = backend_util.Conv2DInfo;

const POINTS = 36;
const TILE = 4;
/** Bytes between planes, and of what a share needs besides its planes, as in assembly/winograd.ts. */
const GAP = 64;
const FIXED = 4096;

/**
 * Whether a convolution can go through Winograd's transforms, and gains by it: tiles of 4×4 outputs must be worth it, and
 * transforms go through channels in vectors of four.
 */
export function winogradFits(info: Info): boolean {
  const { inChannels, outChannels, padInfo } = info;
  return (
    info.filterHeight === 3 &&
    info.filterWidth === 3 &&
    info.strideHeight === 1 &&
    info.strideWidth === 1 &&
    info.dilationHeight === 1 &&
    info.dilationWidth === 1 &&
    inChannels % 4 === 0 &&
    outChannels % 4 === 0 &&
    inChannels >= 8 &&
    outChannels >= 8 &&
    Math.min(info.outHeight, info.outWidth, info.inHeight, info.inWidth) >= 3 &&
    Math.max(padInfo.top, padInfo.left, padInfo.bottom, padInfo.right) <= 2
  );
}

/** One of the two directions that convolve with a transformed filter. */
interface Direction {
  x: number;
  filter: Block;
  bias: number;
  turned: boolean;
  relu: boolean;
  batch: number;
  inHeight: number;
  inWidth: number;
  depth: number;
  outHeight: number;
  outWidth: number;
  outputs: number;
  padTop: number;
  padLeft: number;
}

/**
 * A share of the last job raises its flag when a result is not finite: then the direct sum has to tell infinity from NaN,
 * pixel by pixel, in a job with this condition.
 */
export interface Condition {
  flags: number;
  count: number;
}

/** @param otherwise gives the job that runs when a result is not finite. */
export function winogradConvolve(
  backend: SimdBackend,
  operands: { x: number; filter: Block; bias: number },
  info: Info,
  relu: boolean,
  out: number,
  otherwise: (condition: Condition) => void,
): void {
  const direction = {
    ...operands,
    turned: false,
    relu,
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    depth: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outputs: info.outChannels,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
  convolveTiles(backend, direction, info, out, otherwise);
}

/** The gradient for the input is a convolution of dy with the filters turned by 180°. @param otherwise as above. */
export function winogradInputGradient(
  backend: SimdBackend,
  dy: number,
  filter: Block,
  info: Info,
  out: number,
  otherwise: (condition: Condition) => void,
): void {
  const direction = {
    x: dy,
    filter,
    bias: 0,
    turned: true,
    relu: false,
    batch: info.batchSize,
    inHeight: info.outHeight,
    inWidth: info.outWidth,
    depth: info.outChannels,
    outHeight: info.inHeight,
    outWidth: info.inWidth,
    outputs: info.inChannels,
    padTop: 2 - info.padInfo.top,
    padLeft: 2 - info.padInfo.left,
  };
  convolveTiles(backend, direction, info, out, otherwise);
}

function convolveTiles(
  backend: SimdBackend,
  d: Direction,
  info: Info,
  out: number,
  otherwise: (condition: Condition) => void,
): void {
  const paddedOutputs = Math.ceil(d.outputs / 8) * 8;
  const transform = (u: number) => {
    const shares = backend.shares(info.inChannels * info.outChannels * 16, info.outChannels);
    backend.scratch(FIXED * shares, (scratch) =>
      backend.pool.run('winogradFilter', shares, [
        d.filter.pointer,
        u,
        info.inChannels,
        info.outChannels,
        d.turned ? 1 : 0,
        scratch,
        FIXED,
      ]),
    );
  };
  const name = `winograd ${d.turned ? 'turned ' : ''}${info.inChannels} ${info.outChannels}`;
  backend.derived(d.filter, name, POINTS * d.depth * paddedOutputs * 4, transform, (u) => {
    const tiles = d.batch * Math.ceil(d.outHeight / TILE) * Math.ceil(d.outWidth / TILE);
    const block = blockTiles(d.depth, paddedOutputs);
    const shares = backend.shares(tiles * POINTS * d.depth * d.outputs, tiles / 16, 4);
    const bytes = shareBytes(block, d.depth, paddedOutputs);
    backend.scratch(bytes * shares, (scratch) =>
      backend.scratch(shares * 4, (flags) => {
        backend.pool.run('winogradConvolve', shares, [
          d.x,
          u,
          out,
          d.bias,
          d.batch,
          d.inHeight,
          d.inWidth,
          d.depth,
          d.outHeight,
          d.outWidth,
          d.outputs,
          d.padTop,
          d.padLeft,
          d.relu ? 1 : 0,
          block,
          scratch,
          bytes,
          flags,
        ]);
        otherwise({ flags, count: shares });
      }),
    );
  });
}

/** @param otherwise as above. */
export function winogradFilterGradient(
  backend: SimdBackend,
  operands: { x: number; dy: number },
  info: Info,
  out: number,
  otherwise: (condition: Condition) => void,
): void {
  const { inChannels, outChannels } = info;
  const paddedOutputs = Math.ceil(outChannels / 8) * 8;
  const tiles = info.batchSize * Math.ceil(info.outHeight / TILE) * Math.ceil(info.outWidth / TILE);
  const block = blockTiles(inChannels, paddedOutputs);
  const shares = backend.shares(tiles * POINTS * inChannels * outChannels, tiles / 4);
  const bytes = shareBytes(block, inChannels, paddedOutputs);
  const sumBytes = POINTS * inChannels * paddedOutputs * 4;
  backend.scratch((bytes + sumBytes) * shares, (scratch) => {
    const sums = scratch + bytes * shares;
    backend.pool.run('winogradFilterGradient', shares, [
      operands.x,
      operands.dy,
      sums,
      sumBytes,
      info.batchSize,
      info.inHeight,
      info.inWidth,
      inChannels,
      info.outHeight,
      info.outWidth,
      outChannels,
      info.padInfo.top,
      info.padInfo.left,
      block,
      scratch,
      bytes,
    ]);
    const finishShares = backend.shares(inChannels * outChannels * POINTS, inChannels);
    backend.scratch(finishShares * 4, (flags) => {
      backend.pool.run('winogradFilterGradientFinish', finishShares, [
        sums,
        sumBytes,
        shares,
        out,
        inChannels,
        outChannels,
        scratch, // the blocks are done with
        Math.min(bytes, FIXED),
        flags,
      ]);
      otherwise({ flags, count: finishShares });
    });
  });
}

/** Tiles a block: so many that the transformed filter is worth loading, so few that a block stays in the cache. */
function blockTiles(depth: number, outputs: number): number {
  return depth * outputs > 128 * 128 ? 64 : 32;
}

function shareBytes(block: number, depth: number, outputs: number): number {
  const planes = POINTS * ((depth + outputs) * block * 4 + 2 * GAP);
  const patch = POINTS * Math.max(depth, outputs) * 4;
  return Math.ceil((FIXED + planes + patch) / 64) * 64;
}
