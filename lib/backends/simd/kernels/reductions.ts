import { type TensorInfo, util } from '@tensorflow/tfjs-core';
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
  register<{ x: TensorInfo }, { l2: number }>('L2Penalty', ({ inputs, attrs, backend }) => {
    const count = util.sizeFromShape(inputs.x.shape);
    const shares = backend.shares(count, count / 64);
    const pointer = backend.pointer(inputs.x);
    const sum = backend.scratch(shares * 8, (sums) => {
      backend.pool.run('sumSquares', shares, [pointer, count, sums]);
      return backend.shared.doubles(sums, shares).reduce((total, share) => total + share, 0);
    });
    return backend.outputValues([], Float32Array.of(attrs.l2 * sum));
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
