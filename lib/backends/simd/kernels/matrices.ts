import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { tf } from '../../../tf';
import type { SimdBackend } from '../backend';
import { register, runCpuKernel } from './register';

interface Attributes {
  transposeA: boolean;
  transposeB: boolean;
}

interface FusedAttributes extends Attributes {
  activation?: string;
}

const DEPTH = 512;

export function registerMatrices(): void {
  register<{ a: TensorInfo; b: TensorInfo }, Attributes>('BatchMatMul', (call) => {
    const { a, b } = call.inputs;
    if (!isSupported(a, b)) return runCpuKernel('BatchMatMul', call);
    return multiply(call.backend, a, b, call.attrs);
  });
  register<{ a: TensorInfo; b: TensorInfo; bias?: TensorInfo }, FusedAttributes>('_FusedMatMul', (call) => {
    const { a, b, bias } = call.inputs;
    const { activation = 'linear' } = call.attrs;
    const columns = b.shape[b.shape.length - (call.attrs.transposeB ? 2 : 1)];
    const isVector = !bias || (bias.dtype === 'float32' && bias.shape.length <= 1 && bias.shape[0] === columns);
    if (!isSupported(a, b) || !isVector || (activation !== 'linear' && activation !== 'relu')) {
      return runCpuKernel('_FusedMatMul', call);
    }
    return multiply(call.backend, a, b, call.attrs, bias, activation === 'relu');
  });
}

/** Batch dimensions that one operand lacks or has one of throughout; others are left to tfjs-backend-cpu. */
function isSupported(a: TensorInfo, b: TensorInfo): boolean {
  const floats = a.dtype === 'float32' && b.dtype === 'float32';
  if (!floats || a.shape.length < 2 || b.shape.length < 2 || util.sizeFromShape([...a.shape, ...b.shape]) === 0) {
    return false;
  }
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [batchA, batchB] = [util.sizeFromShape(outerA), util.sizeFromShape(outerB)];
  return batchA === 1 || batchB === 1 || util.arraysEqual(outerA, outerB);
}

/** a [...batch or 1, rows, depth] · b [...batch or 1, depth, columns], each transposed or not. */
function multiply(
  backend: SimdBackend,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: Attributes,
  bias?: TensorInfo,
  relu = false,
): TensorInfo {
  const [rowsA, columnsA] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  const [rows, depth] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [depthB, columns] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  util.assert(depth === depthB, () => {
    return `The matrices [${a.shape}] and [${b.shape}], transposed: ${transposeA} and ${transposeB}, don't fit together.`;
  });
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
  const [batchA, batchB, batch] = [outerA, outerB, outer].map(util.sizeFromShape);
  const operands = { a: backend.pointer(a), b: backend.pointer(b), bias: bias ? backend.pointer(bias) : 0 };
  const out = backend.output([...outer, rows, columns]);
  const byRows = rows >= columns ? 1 : 0;
  const shares = backend.shares(rows * depth * columns, byRows ? rows / 4 : columns / 8);
  const bytes = Math.min(depth, DEPTH) * 32;
  backend.scratch(shares * bytes, (scratch) => {
    for (let i = 0; i < batch; i++) {
      backend.pool.run('multiply', shares, [
        operands.a + (i % batchA) * rowsA * columnsA * 4,
        ...(transposeA ? [1, columnsA] : [columnsA, 1]),
        operands.b + (i % batchB) * rowsB * columnsB * 4,
        ...(transposeB ? [1, columnsB] : [columnsB, 1]),
        out.pointer + i * rows * columns * 4,
        rows,
        depth,
        columns,
        operands.bias,
        relu ? 1 : 0,
        scratch,
        bytes,
        byRows,
      ]);
    }
  });
  return out;
}
