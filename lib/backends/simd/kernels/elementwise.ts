import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend';
import { floatBits } from '../pool';
import { keep, type PendingMask, pendingOf } from './pending';
import { register, runCpuKernel } from './register';

interface Binary {
  a: TensorInfo;
  b: TensorInfo;
}

/** Their numbers in assembly/elementwise.ts. */
const OPERATIONS = { Add: 0, Sub: 1, Multiply: 2 };

export function registerElementwise(): void {
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    register<Binary>(name, (call) => {
      const { a, b } = call.inputs;
      const { backend } = call;
      if (a.dtype !== 'float32' || b.dtype !== 'float32') return runCpuKernel(name, call);
      if (util.arraysEqual(a.shape, b.shape) && util.sizeFromShape(a.shape) > 0) {
        return (name === 'Add' && addPending(backend, a, b)) || combineSame(backend, operation, a, b);
      }
      if (repeats(a, b)) return combineRow(backend, operation, a, b);
      if (name !== 'Sub' && repeats(b, a)) return combineRow(backend, operation, b, a);
      return runCpuKernel(name, call);
    });
  }
  register<{ x: TensorInfo }>('Relu', (call) => {
    const { inputs, backend } = call;
    const { x } = inputs;
    const count = util.sizeFromShape(x.shape);
    if (x.dtype !== 'float32' || count === 0) return runCpuKernel('Relu', call);
    const affine = pendingOf(backend, x, 'affine');
    const pointer = affine ? 0 : backend.pointer(x);
    const out = backend.output(x.shape);
    if (affine) runAffine(backend, affine, out.pointer, true);
    else backend.pool.run('rectify', backend.shares(count, count / 4096, 4), [pointer, out.pointer, count]);
    return out;
  });
  register<{ dy: TensorInfo; y: TensorInfo }>('ReluGrad', ({ inputs, backend }) => {
    const [dy, output] = backend.share(inputs.dy, inputs.y);
    const count = util.sizeFromShape(inputs.dy.shape);
    const pending: PendingMask = {
      kind: 'mask',
      blocks: [dy, output],
      dy,
      output,
      count,
      compute: (out) => runMask(backend, dy.pointer, output.pointer, 0, out, count),
    };
    return backend.outputLater(inputs.dy.shape, pending);
  });
}

/** Whether b is a row, of a multiple of four floats, that repeats along a. */
function repeats(a: TensorInfo, b: TensorInfo): boolean {
  const length = b.shape[b.shape.length - 1] ?? 0;
  return (
    length > 0 &&
    length % 4 === 0 &&
    a.shape[a.shape.length - 1] === length &&
    a.shape.length >= b.shape.length &&
    util.sizeFromShape(b.shape) === length &&
    util.sizeFromShape(a.shape) > 0
  );
}

function combineSame(backend: SimdBackend, operation: number, a: TensorInfo, b: TensorInfo): TensorInfo {
  const operands = [backend.pointer(a), backend.pointer(b)];
  const count = util.sizeFromShape(a.shape);
  const out = backend.output(a.shape);
  backend.pool.run('combineSame', backend.shares(count, count / 4096, 4), [operation, ...operands, out.pointer, count]);
  return out;
}

function combineRow(backend: SimdBackend, operation: number, a: TensorInfo, row: TensorInfo): TensorInfo {
  const operands = [backend.pointer(a), backend.pointer(row)];
  const count = util.sizeFromShape(a.shape);
  const length = row.shape[row.shape.length - 1];
  const rows = count / length;
  const out = backend.output(a.shape);
  backend.pool.run('combineRow', backend.shares(count, rows, 4), [operation, ...operands, out.pointer, rows, length]);
  return out;
}

/** A sum whose one operand is not computed yet: together in one pass, or, for a normalisation, later still. */
function addPending(backend: SimdBackend, a: TensorInfo, b: TensorInfo): TensorInfo | undefined {
  for (const [late, other] of [
    [a, b],
    [b, a],
  ]) {
    if (late.dataId === other.dataId) return undefined;
    const affine = pendingOf(backend, late, 'affine');
    if (affine && !affine.other) {
      const [added] = backend.share(other);
      const blocks = [...keep(affine.x, affine.coefficients), added];
      const sum = { ...affine, blocks, other: added };
      sum.compute = (out) => runAffine(backend, sum, out, false);
      return backend.outputLater(a.shape, sum);
    }
  }
  for (const [late, other] of [
    [a, b],
    [b, a],
  ]) {
    const mask = pendingOf(backend, late, 'mask');
    const scaled = pendingOf(backend, late, 'scale');
    if (!mask && !scaled) continue;
    const added = backend.pointer(other);
    const out = backend.output(a.shape);
    if (mask) runMask(backend, mask.dy.pointer, mask.output.pointer, added, out.pointer, mask.count);
    else if (scaled) runScale(backend, scaled.x.pointer, added, out.pointer, scaled.count, scaled.factor);
    return out;
  }
  return undefined;
}

/** Computes a pending normalisation, with relu or without. */
export function runAffine(
  backend: SimdBackend,
  affine: {
    x: { pointer: number };
    coefficients: { pointer: number };
    other?: { pointer: number };
    rows: number;
    channels: number;
  },
  out: number,
  relu: boolean,
): void {
  const { x, coefficients, other, rows, channels } = affine;
  backend.pool.run('affine', backend.shares(rows * channels, rows, 4), [
    x.pointer,
    coefficients.pointer,
    other?.pointer ?? 0,
    out,
    rows,
    channels,
    relu ? 1 : 0,
  ]);
}

function runMask(backend: SimdBackend, dy: number, output: number, other: number, out: number, count: number): void {
  backend.pool.run('rectifyGradient', backend.shares(count, count / 4096, 4), [dy, output, other, out, count]);
}

/** out = other + factor · x; `other` may be 0. */
export function runScale(
  backend: SimdBackend,
  x: number,
  other: number,
  out: number,
  count: number,
  factor: number,
): void {
  backend.pool.run('scale', backend.shares(count, count / 4096, 4), [x, other, out, count, floatBits(factor)]);
}
