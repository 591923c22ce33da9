import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend';
import { runScale } from './elementwise';
import { sumShares } from './normalization';
import type { PendingScale } from './pending';
import { register, runCpuKernel } from './register';

export function registerReductions(): void {
  register<{ x: TensorInfo }, { axis: number | number[]; keepDims?: boolean }>('Sum', (call) => {
    const { inputs, attrs, backend } = call;
    const { x } = inputs;
    const rank = x.shape.length;
    const axes = util.parseAxisParam(attrs.axis, x.shape).sort((p, q) => p - q);
    const channels = x.shape[rank - 1];
    const isOverRows = rank > 1 && axes.length === rank - 1 && axes.every((axis, i) => axis === i);
    const count = util.sizeFromShape(x.shape);
    if (x.dtype !== 'float32' || !isOverRows || channels % 4 !== 0 || count === 0) return runCpuKernel('Sum', call);
    const rows = count / channels;
    const values = new Float32Array(channels);
    sumShares(backend, 'sumRows', [backend.pointer(x), rows, channels], rows, channels, 1, ([sums]) =>
      values.set(sums),
    );
    return backend.outputValues(attrs.keepDims ? [...axes.map(() => 1), channels] : [channels], values);
  });
  register<TensorInfo[], { l2: number[] }>('L2Penalty', ({ inputs, attrs, backend }) => {
    const penalties = inputs.map((weight, i) => attrs.l2[i] * sumOfSquares(backend, weight));
    return backend.outputValues([], Float32Array.of(penalties.reduce((sum, penalty) => sum + penalty, 0)));
  });
  register<{ dy: TensorInfo; x: TensorInfo }, { l2: number }>('L2PenaltyGrad', ({ inputs, attrs, backend }) => {
    const x = backend.share(inputs.x);
    const factor = 2 * attrs.l2 * (backend.data.get(inputs.dy.dataId).values as Float32Array)[0];
    const count = util.sizeFromShape(inputs.x.shape);
    const pending: PendingScale = {
      kind: 'scale',
      blocks: [x],
      x,
      factor,
      count,
      compute: (out) => runScale(backend, x.pointer, 0, out, count, factor),
    };
    return backend.outputLater(inputs.x.shape, pending);
  });
}

function sumOfSquares(backend: SimdBackend, x: TensorInfo): number {
  const count = util.sizeFromShape(x.shape);
  const shares = backend.shares(count, count / 4096, 4);
  const pointer = backend.pointer(x);
  return backend.scratch(shares * 8, (sums) => {
    backend.pool.run('sumSquares', shares, [pointer, count, sums]);
    return backend.shared.doubles(sums, shares).reduce((total, share) => total + share, 0);
  });
}
