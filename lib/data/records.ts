import ndarray from 'ndarray';
import ops from 'ndarray-ops';
import type { Split } from './types';

/** CIFAR-10's images: 32 by 32 pixels, 3 channels. */
export const SIDE = 32;
export const CHANNELS = 3;

/** Bytes of one record of CIFAR-10's binary format: a label, then the red, green and blue planes, row by row. */
export const RECORD_BYTES = 1 + CHANNELS * SIDE * SIDE;

/** An empty split for `count` images. */
export function emptySplit(count: number): Split {
  const shape = [count, SIDE, SIDE, CHANNELS];
  return { images: ndarray(new Uint8Array(count * SIDE * SIDE * CHANNELS), shape), labels: new Uint8Array(count) };
}

/**
 * Decodes records of CIFAR-10's binary format into the images `first`, `first + 1`, … of a split.
 * No loop touches a pixel's index: the label column and the planes are views on the bytes, and moving the channel axis
 * last (`transpose`) turns [image, channel, height, width] into [image, height, width, channel] without copying;
 * the one copy is the assignment.
 */
export function decodeRecords(records: Uint8Array, split: Split, first = 0): void {
  const count = records.length / RECORD_BYTES;
  const table = ndarray(records, [count, RECORD_BYTES]);
  const planes = ndarray(records, [count, CHANNELS, SIDE, SIDE], [RECORD_BYTES, SIDE * SIDE, SIDE, 1], 1);
  ops.assign(ndarray(split.labels).lo(first).hi(count), table.pick(null, 0));
  ops.assign(split.images.lo(first).hi(count), planes.transpose(0, 2, 3, 1));
}
