import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend';
import { floatBits } from '../pool';
import { runAffine } from './elementwise';
import { type PendingAffine, pendingOf } from './pending';
import { register, runCpuKernel } from './register';

interface Training {
  x: TensorInfo;
  gamma: TensorInfo;
  beta: TensorInfo;
}

interface TrainingGradient {
  dy: TensorInfo;
  x: TensorInfo;
  gamma: TensorInfo;
  mean: TensorInfo;
  variance: TensorInfo;
}

export function registerNormalization(): void {
  register<Training, { epsilon: number }>('BatchNormTraining', normalizeInTraining);
  register<TrainingGradient, { epsilon: number }>('BatchNormTrainingGrad', normalizationGradient);
  register<
    { x: TensorInfo; mean: TensorInfo; variance: TensorInfo; offset?: TensorInfo; scale?: TensorInfo },
    { varianceEpsilon: number }
  >('FusedBatchNorm', (call) => {
    const { inputs, attrs, backend } = call;
    const { x, mean, variance, offset, scale } = inputs;
    const channels = x.shape[x.shape.length - 1];
    const vectors = [mean, variance, offset, scale].filter((tensor) => tensor !== undefined && tensor !== null);
    const isPerChannel = vectors.every(
      ({ shape, dtype }) => shape.length === 1 && shape[0] === channels && dtype === 'float32',
    );
    if (!isPerChannel || !normalizes(x)) return runCpuKernel('FusedBatchNorm', call);
    const vector = (tensor: TensorInfo | undefined | null) => (tensor ? backend.pointer(tensor) : 0);
    const operands = [mean, variance, scale, offset].map(vector);
    return affineLater(backend, x, channels, (coefficients) => {
      const args = [...operands, floatBits(attrs.varianceEpsilon), channels, coefficients];
      backend.pool.run('inferenceCoefficients', 1, args);
    });
  });
}

/** Whether a tensor can be normalised over its rows here: [..., channels], channels a multiple of 4. */
export function normalizes(x: { shape: number[]; dtype: string }): boolean {
  const channels = x.shape[x.shape.length - 1];
  return x.dtype === 'float32' && x.shape.length > 1 && channels % 4 === 0 && util.sizeFromShape(x.shape) > 0;
}

/** @returns y (pending), and the batch's mean and variance. */
function normalizeInTraining({
  inputs,
  attrs,
  backend,
}: {
  inputs: Training;
  attrs: { epsilon: number };
  backend: SimdBackend;
}): TensorInfo[] {
  const { x, gamma, beta } = inputs;
  const channels = x.shape[x.shape.length - 1];
  const rows = util.sizeFromShape(x.shape) / channels;
  const operands = { x: backend.pointer(x), gamma: backend.pointer(gamma), beta: backend.pointer(beta) };
  const [mean, variance] = [backend.output([channels]), backend.output([channels])];
  const y = affineLater(backend, x, channels, (coefficients) =>
    sumOverShares(backend, 'statistics', [operands.x, rows, channels], rows, channels, 2, (sums, shares) =>
      backend.pool.run('statisticsFinish', 1, [
        operands.x,
        rows,
        channels,
        sums,
        shares,
        operands.gamma,
        operands.beta,
        floatBits(attrs.epsilon),
        mean.pointer,
        variance.pointer,
        coefficients,
      ]),
    ),
  );
  return [y, mean, variance];
}

/** @returns the gradients for x, gamma and beta. */
function normalizationGradient({
  inputs,
  attrs,
  backend,
}: {
  inputs: TrainingGradient;
  attrs: { epsilon: number };
  backend: SimdBackend;
}): TensorInfo[] {
  const { dy, x, gamma, mean, variance } = inputs;
  const channels = x.shape[x.shape.length - 1];
  const rows = util.sizeFromShape(x.shape) / channels;
  const mask = pendingOf(backend, dy, 'mask');
  const gradient = mask ? mask.dy.pointer : backend.pointer(dy);
  const output = mask ? mask.output.pointer : 0;
  const operands = [gradient, output, backend.pointer(x)];
  const vectors = [mean, variance, gamma].map((tensor) => backend.pointer(tensor));
  const dx = backend.output(x.shape);
  const [dGamma, dBeta] = [backend.output([channels]), backend.output([channels])];
  backend.scratch(channels * 16, (coefficients) => {
    const args = [...operands, vectors[0], rows, channels];
    sumOverShares(backend, 'normalizationSums', args, rows, channels, 2, (sums, shares) =>
      backend.pool.run('normalizationSumsFinish', 1, [
        sums,
        shares,
        rows,
        channels,
        ...vectors,
        floatBits(attrs.epsilon),
        coefficients,
        dGamma.pointer,
        dBeta.pointer,
      ]),
    );
    backend.pool.run('normalizationGradient', backend.shares(rows * channels, rows, 4), [
      ...operands,
      coefficients,
      dx.pointer,
      rows,
      channels,
    ]);
  });
  return [dx, dGamma, dBeta];
}

/** Runs a kernel that leaves each share's sums, f64 [shares][vectors][channels], and the job that adds them in order. */
export function sumOverShares(
  backend: SimdBackend,
  kernel: string,
  args: number[],
  rows: number,
  channels: number,
  vectors: number,
  finish: (sums: number, shares: number) => void,
): void {
  const shares = backend.shares(rows * channels, rows, 4);
  backend.scratch(shares * vectors * channels * 8, (sums) => {
    backend.pool.run(kernel, shares, [...args, sums]);
    finish(sums, shares);
  });
}

/** @param prepare runs the job that writes means, factors and offsets, f32 [3][channels]. */
function affineLater(
  backend: SimdBackend,
  x: TensorInfo,
  channels: number,
  prepare: (coefficients: number) => void,
): TensorInfo {
  backend.pointer(x);
  const coefficients = backend.shared.allocate(channels * 12);
  try {
    prepare(coefficients.pointer);
  } catch (error) {
    backend.shared.release(coefficients);
    throw error;
  }
  const [block] = backend.share(x);
  const pending: PendingAffine = {
    kind: 'affine',
    blocks: [block, coefficients],
    x: block,
    coefficients,
    rows: util.sizeFromShape(x.shape) / channels,
    channels,
    compute: (out) => runAffine(backend, pending, out, false),
  };
  return backend.outputLater(x.shape, pending);
}
