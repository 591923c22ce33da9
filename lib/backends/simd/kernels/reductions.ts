import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { floatBits } from '../pool';
import { runScale } from './elementwise';
import { sumOverShares } from './normalization';
import type { PendingScale } from './pending';
import { type Call, register, runCpuKernel } from './register';

export function registerReductions(): void {
  register('Sum', sum);
  register<{ dy: TensorInfo }>('BiasGrad', ({ inputs: { dy }, backend }) =>
    sum({ inputs: { x: dy }, attrs: { axis: [0, 1, 2] }, backend }),
  );
  register<TensorInfo[], { l2: number[] }>('L2Penalty', ({ inputs, attrs, backend }) => {
    const out = backend.output([]);
    backend.scratch(8, (total) =>
      inputs.forEach((weight, i) => {
        const args = [backend.pointer(weight), util.sizeFromShape(weight.shape), floatBits(attrs.l2[i]), total];
        backend.pool.run('addSquares', 1, [...args, i === 0 ? 1 : 0, i === inputs.length - 1 ? out.pointer : 0]);
      }),
    );
    return out;
  });
  register<{ dy: TensorInfo; x: TensorInfo }, { l2: number }>('L2PenaltyGrad', ({ inputs, attrs, backend }) => {
    const [x] = backend.share(inputs.x);
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

function sum(call: Call<{ x: TensorInfo }, { axis: number | number[]; keepDims?: boolean }>): TensorInfo {
  const { inputs, attrs, backend } = call;
  const { x } = inputs;
  const rank = x.shape.length;
  const axes = util.parseAxisParam(attrs.axis, x.shape).sort((p, q) => p - q);
  const channels = x.shape[rank - 1];
  const isOverRows = rank > 1 && axes.length === rank - 1 && axes.every((axis, i) => axis === i);
  const count = util.sizeFromShape(x.shape);
  if (x.dtype !== 'float32' || !isOverRows || channels % 4 !== 0 || count === 0) return runCpuKernel('Sum', call);
  const rows = count / channels;
  const pointer = backend.pointer(x);
  const out = backend.output(attrs.keepDims ? [...axes.map(() => 1), channels] : [channels]);
  sumOverShares(backend, 'sumRows', [pointer, rows, channels], rows, channels, 1, (sums, shares) =>
    backend.pool.run('sumRowsFinish', 1, [sums, shares, channels, out.pointer]),
  );
  return out;
}
