import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend';
import { floatBits } from '../pool';
import { register } from './register';

/** Probabilities are kept this far from 0 and 1, as in TensorFlow.js and Keras. */
export const EPSILON = 1e-7;

interface Crossentropy {
  target: TensorInfo;
  output: TensorInfo;
}

/** The categorical cross-entropy of [batch, classes] and dropout, each one op with one gradient. */
export function registerLosses(): void {
  register<Crossentropy>('CategoricalCrossentropy', ({ inputs, backend }) => {
    const { target, output, rows, classes } = read(inputs, backend);
    const losses = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      const start = row * classes;
      const sum = sumOf(output, start, classes);
      let loss = 0;
      for (let i = start; i < start + classes; i++) loss -= target[i] * Math.log(clip(output[i] / sum));
      losses[row] = loss;
    }
    return backend.outputValues([rows], losses);
  });
  // With p = output / sum, d loss / d p = −target / p where p is not clipped.
  register<Crossentropy & { dy: TensorInfo }>('CategoricalCrossentropyGrad', ({ inputs, backend }) => {
    const { target, output, rows, classes } = read(inputs, backend);
    const dy = backend.data.get(inputs.dy.dataId).values as Float32Array;
    const gradient = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const start = row * classes;
      const sum = sumOf(output, start, classes);
      let common = 0;
      for (let i = start; i < start + classes; i++) {
        const p = output[i] / sum;
        gradient[i] = p < EPSILON || p > 1 - EPSILON ? 0 : (-dy[row] * target[i]) / p;
        common += gradient[i] * p;
      }
      for (let i = start; i < start + classes; i++) gradient[i] = (gradient[i] - common) / sum;
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

function read({ target, output }: Crossentropy, backend: SimdBackend) {
  const [rows, classes] = output.shape;
  const valuesOf = ({ dataId }: TensorInfo) => backend.data.get(dataId).values as Float32Array; // targets may be integers
  return { target: valuesOf(target), output: valuesOf(output), rows, classes };
}

function sumOf(values: Float32Array, start: number, count: number): number {
  let sum = 0;
  for (let i = start; i < start + count; i++) sum += values[i];
  return sum;
}

function clip(p: number): number {
  return p < EPSILON ? EPSILON : p > 1 - EPSILON ? 1 - EPSILON : p; // NaN stays NaN
}
