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
    const columns = call.attrs.transposeB ? b.shape[1] : b.shape[2];
    const isVector = !bias || (bias.dtype === 'float32' && bias.shape.length <= 1 && bias.shape[0] === columns);
    if (!isSupported(a, b) || !isVector || (activation !== 'linear' && activation !== 'relu')) {
      return runCpuKernel('_FusedMatMul', call);
    }
    return multiply(call.backend, a, b, call.attrs, bias, activation === 'relu');
  });
}

function isSupported(a: TensorInfo, b: TensorInfo): boolean {
  const floats = a.dtype === 'float32' && b.dtype === 'float32';
  return floats && a.shape.length === 3 && b.shape.length === 3 && util.sizeFromShape([...a.shape, ...b.shape]) > 0;
}

/** a [batch or 1, rows, depth] · b [batch or 1, depth, columns], each transposed or not. */
function multiply(
  backend: SimdBackend,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: Attributes,
  bias?: TensorInfo,
  relu = false,
): TensorInfo {
  const [batchA, rowsA, columnsA] = a.shape;
  const [batchB, rowsB, columnsB] = b.shape;
  const [rows, depth] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [depthB, columns] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  util.assert(depth === depthB, () => {
    return `The matrices [${a.shape}] and [${b.shape}], transposed: ${transposeA} and ${transposeB}, don't fit together.`;
  });
  const [batch] = tf.broadcast_util.assertAndGetBroadcastShape([batchA], [batchB]);
  const operands = { a: backend.pointer(a), b: backend.pointer(b), bias: bias ? backend.pointer(bias) : 0 };
  const out = backend.output([batch, rows, columns]);
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
