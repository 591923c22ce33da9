import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend';
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
    const read = (tensor: TensorInfo | undefined | null, otherwise: number) =>
      tensor ? vectorOf(backend, tensor) : new Float32Array(channels).fill(otherwise);
    const variances = read(variance, 1);
    const factors = read(scale, 1).map((g, c) => g / Math.sqrt(variances[c] + attrs.varianceEpsilon));
    return affineLater(backend, x, read(mean, 0), factors, read(offset, 0));
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
  const pointer = backend.pointer(x);
  const pivot = backend.shared.floats(pointer, channels);
  const mean = new Float32Array(channels);
  const variance = new Float32Array(channels);
  sumShares(backend, 'statistics', [pointer, rows, channels], rows, channels, 2, ([sums, squares]) => {
    for (let c = 0; c < channels; c++) {
      const shift = sums[c] / rows;
      mean[c] = pivot[c] + shift;
      if (Number.isNaN(mean[c])) mean[c] = meanOf(backend.shared.floats(pointer, rows * channels), c, channels);
      const spread = squares[c] / rows - shift * shift;
      variance[c] = spread < 0 ? 0 : spread; // NaN stays NaN
    }
  });
  const gammas = vectorOf(backend, gamma);
  const factors = gammas.map((g, c) => g / Math.sqrt(variance[c] + attrs.epsilon));
  return [
    affineLater(backend, x, mean, factors, vectorOf(backend, beta)),
    backend.outputValues([channels], mean),
    backend.outputValues([channels], variance),
  ];
}

/** The mean of a channel with an infinite first value, from which no difference can be taken. */
function meanOf(x: Float32Array, channel: number, channels: number): number {
  let sum = 0;
  for (let i = channel; i < x.length; i += channels) sum += x[i];
  return (sum * channels) / x.length;
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
  const [pointer, means] = [backend.pointer(x), vectorOf(backend, mean)];
  const [variances, gammas] = [vectorOf(backend, variance), vectorOf(backend, gamma)];
  const dx = backend.output(x.shape);
  const dGamma = new Float32Array(channels);
  const dBeta = new Float32Array(channels);
  backend.scratch(channels * 16, (coefficients) => {
    const values = backend.shared.floats(coefficients, 4 * channels);
    values.set(means);
    const operands = [gradient, output, pointer];
    const args = [...operands, coefficients, rows, channels];
    sumShares(backend, 'normalizationSums', args, rows, channels, 2, ([sums, products]) => {
      for (let c = 0; c < channels; c++) {
        const inverse = 1 / Math.sqrt(variances[c] + attrs.epsilon);
        dBeta[c] = sums[c];
        dGamma[c] = products[c] * inverse;
        const factor = gammas[c] * inverse;
        values[channels + c] = factor;
        values[2 * channels + c] = (-factor * inverse * inverse * products[c]) / rows;
        values[3 * channels + c] = (-factor * sums[c]) / rows;
      }
    });
    backend.pool.run('normalizationGradient', backend.shares(rows * channels, rows, 4), [
      ...operands,
      coefficients,
      dx.pointer,
      rows,
      channels,
    ]);
  });
  return [dx, backend.outputValues([channels], dGamma), backend.outputValues([channels], dBeta)];
}

/** Runs a kernel that leaves each share's sums, f64 [shares][vectors][channels], and adds them in order. */
export function sumShares(
  backend: SimdBackend,
  kernel: string,
  args: number[],
  rows: number,
  channels: number,
  vectors: number,
  use: (sums: Float64Array[]) => void,
): void {
  const shares = backend.shares(rows * channels, rows, 4);
  const length = vectors * channels;
  backend.scratch(shares * length * 8, (pointer) => {
    backend.pool.run(kernel, shares, [...args, pointer]);
    const all = backend.shared.doubles(pointer, shares * length);
    const sums = new Float64Array(length);
    for (let i = 0; i < all.length; i++) sums[i % length] += all[i];
    use(Array.from({ length: vectors }, (_, v) => sums.subarray(v * channels, (v + 1) * channels)));
  });
}

function affineLater(
  backend: SimdBackend,
  x: TensorInfo,
  means: Float32Array,
  factors: Float32Array,
  offsets: Float32Array,
): TensorInfo {
  const channels = means.length;
  const block = backend.share(x);
  const coefficients = backend.shared.allocate(channels * 12);
  const values = backend.shared.floats(coefficients.pointer, channels * 3);
  values.set(means);
  values.set(factors, channels);
  values.set(offsets, 2 * channels);
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

/** The values of a small float32 tensor, for this call only. */
function vectorOf(backend: SimdBackend, { dataId }: TensorInfo): Float32Array {
  return backend.data.get(dataId).values as Float32Array;
}
