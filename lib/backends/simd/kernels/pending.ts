import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Pending, SimdBackend } from '../backend';
import type { Block } from '../memory';

/** (x − mean) · factor + offset (+ other): a batch normalisation that waits for the sum and the activation behind it. */
export interface PendingAffine extends Pending {
  kind: 'affine';
  x: Block;
  /** f32 [3][channels]: means, factors, offsets. */
  coefficients: Block;
  other?: Block;
  rows: number;
  channels: number;
}

/** dy where relu's output is positive. */
export interface PendingMask extends Pending {
  kind: 'mask';
  dy: Block;
  output: Block;
  count: number;
}

/** x times a number. */
export interface PendingScale extends Pending {
  kind: 'scale';
  x: Block;
  factor: number;
  count: number;
}

type AnyPending = PendingAffine | PendingMask | PendingScale;

/** The pending result of one of these kinds, for a kernel that computes it on the way. */
export function pendingOf<K extends AnyPending['kind']>(
  backend: SimdBackend,
  tensor: TensorInfo,
  kind: K,
): Extract<AnyPending, { kind: K }> | undefined {
  const pending = backend.pending(tensor) as AnyPending | undefined;
  return pending?.kind === kind ? (pending as Extract<AnyPending, { kind: K }>) : undefined;
}

/** Adds a use to each block, for another pending result. */
export function keep(...blocks: Block[]): Block[] {
  for (const block of blocks) block.uses += 1;
  return blocks;
}
