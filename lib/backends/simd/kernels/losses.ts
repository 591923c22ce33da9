import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend';
import { floatBits } from '../pool';
import { register } from './register';

interface Crossentropy {
  target: TensorInfo;
  logits: TensorInfo;
}

/** The categorical cross-entropy of the softmax of [batch, classes] and dropout, each one op with one gradient. */
export function registerLosses(): void {
  register<Crossentropy>('SoftmaxCrossentropy', ({ inputs, backend }) => {
    const { target, logits, rows, classes } = read(inputs, backend);
    const losses = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      const start = row * classes;
      const normalizer = logSumExp(logits, start, classes);
      let loss = 0;
      for (let i = start; i < start + classes; i++) loss += target[i] * (normalizer - logits[i]);
      losses[row] = loss;
    }
    return backend.outputValues([rows], losses);
  });
  // d loss / d logit = probability × Σ target − target
  register<Crossentropy & { dy: TensorInfo }>('SoftmaxCrossentropyGrad', ({ inputs, backend }) => {
    const { target, logits, rows, classes } = read(inputs, backend);
    const dy = backend.data.get(inputs.dy.dataId).values as Float32Array;
    const gradient = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const start = row * classes;
      const normalizer = logSumExp(logits, start, classes);
      let total = 0;
      for (let i = start; i < start + classes; i++) total += target[i];
      for (let i = start; i < start + classes; i++) {
        gradient[i] = dy[row] * (Math.exp(logits[i] - normalizer) * total - target[i]);
      }
    }
    return backend.outputValues([rows, classes], gradient);
  });
  register<{ x: TensorInfo }, { rate: number; seed: number }>('DropoutWithSeed', ({ inputs, attrs, backend }) => {
    const pointer = backend.pointer(inputs.x);
    const count = util.sizeFromShape(inputs.x.shape);
    const out = backend.output(inputs.x.shape);
    const threshold = Math.floor(attrs.rate * 2 ** 32);
    const args = [pointer, out.pointer, count, threshold, floatBits(1 / (1 - attrs.rate)), attrs.seed];
    backend.pool.run('dropout', backend.shares(count, count / 4096, 4), args);
    return out;
  });
}

function read({ target, logits }: Crossentropy, backend: SimdBackend) {
  const [rows, classes] = logits.shape;
  const valuesOf = ({ dataId }: TensorInfo) => backend.data.get(dataId).values as Float32Array; // targets may be integers
  return { target: valuesOf(target), logits: valuesOf(logits), rows, classes };
}

function logSumExp(values: Float32Array, start: number, count: number): number {
  let most = values[start];
  for (let i = start + 1; i < start + count; i++) most = Math.max(most, values[i]); // NaN stays NaN
  let sum = 0;
  for (let i = start; i < start + count; i++) sum += Math.exp(values[i] - most);
  return most + Math.log(sum);
}
