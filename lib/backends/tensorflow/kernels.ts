import type { NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../tf';
import { attributes as a, BACKEND, tensorflow } from './binding';

interface Call<Inputs, Attributes> {
  inputs: Inputs;
  attrs: Attributes;
}

function register<Inputs, Attributes = NamedAttrMap>(
  kernelName: string,
  kernel: (call: Call<Inputs, Attributes>) => TensorInfo | TensorInfo[],
): void {
  tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc: kernel as never });
}

/** The kernels of fused/layers.ts, each as few ops of TensorFlow's. */
export function registerKernels(): void {
  register('ReluGrad', ({ inputs: { dy, y } }: Call<Record<'dy' | 'y', Tensor>, object>) =>
    tensorflow().executeSingleOutput('ReluGrad', [a.type()], [dy, y]),
  );
  register('Conv2DWithBias', convolve);
  register('BiasGrad', ({ inputs: { dy } }: Call<{ dy: Tensor }, object>) =>
    tensorflow().executeSingleOutput('BiasAddGrad', [a.type(), a.text('data_format', 'NHWC')], [dy]),
  );
  register('BatchNormTraining', normalize);
  register('BatchNormTrainingGrad', normalizationGradient);
  register('SoftmaxCrossentropy', crossentropy);
  register('SoftmaxCrossentropyGrad', crossentropyGradient);
  register('DropoutWithSeed', drop);
  register('L2Penalty', penalize);
  register('L2PenaltyGrad', ({ inputs: { dy, x }, attrs: { l2 } }: Call<Record<'dy' | 'x', Tensor>, { l2: number }>) =>
    tf.tidy(() => tf.mul(x, tf.mul(dy, 2 * l2))),
  );
}

type Convolution = Record<'x' | 'filter' | 'bias', Tensor>;

function convolve({ inputs, attrs }: Call<Convolution, { strides: [number, number]; pad: string }>): Tensor {
  const { x, filter, bias } = inputs;
  const format = a.text('data_format', 'NHWC');
  const strides = a.integer('strides', [1, ...attrs.strides, 1]);
  const convolution = [a.type(), strides, a.text('padding', attrs.pad.toUpperCase()), format];
  const products = tensorflow().executeSingleOutput('Conv2D', convolution, [x, filter]);
  const result = tensorflow().executeSingleOutput('BiasAdd', [a.type(), format], [products, bias]);
  products.dispose();
  return result;
}

const normalization = (epsilon: number) => [
  a.type('T'),
  a.type('U'),
  a.number('epsilon', epsilon),
  a.text('data_format', 'NHWC'),
  a.flag('is_training', true),
];

type Training = Record<'x' | 'gamma' | 'beta', Tensor>;

/** @returns y, the batch's mean and variance, and what the op reserves for its gradient. */
function normalize({ inputs: { x, gamma, beta }, attrs }: Call<Training, { epsilon: number }>): Tensor[] {
  return tf.tidy(() => {
    const none = tf.tensor1d([], 'float32');
    const [y, mean, unbiased, ...reserves] = tensorflow().executeMultipleOutputs(
      'FusedBatchNormV3',
      normalization(attrs.epsilon),
      [x, gamma, beta, none, none],
      6,
    );
    const rows = x.size / gamma.size;
    // TensorFlow gives the estimate for the population; Keras and TensorFlow.js move towards the batch's own variance.
    const variance = tf.mul(unbiased, (rows - 1) / rows);
    return [y, mean, variance, ...reserves];
  });
}

/** `0` to `2` are what the op reserved. */
type TrainingGradient = Record<'dy' | 'x' | 'gamma' | '0' | '1' | '2', Tensor>;

/** @returns the gradients for x, gamma and beta. */
function normalizationGradient({ inputs, attrs }: Call<TrainingGradient, { epsilon: number }>): Tensor[] {
  const { dy, x, gamma, 0: first, 1: second, 2: third } = inputs;
  const name = 'FusedBatchNormGradV3';
  const tensors = [dy, x, gamma, first, second, third];
  const [dx, dGamma, dBeta, ...unused] = tensorflow().executeMultipleOutputs(
    name,
    normalization(attrs.epsilon),
    tensors,
    5,
  );
  tf.dispose(unused);
  return [dx, dGamma, dBeta];
}

type Losses = Record<'target' | 'logits', Tensor>;

/** @returns each example's loss, and the op's gradient for the logits, softmax − target. */
function crossentropyOp(target: Tensor, logits: Tensor): Tensor[] {
  const name = 'SoftmaxCrossEntropyWithLogits';
  return tensorflow().executeMultipleOutputs(name, [a.type()], [logits, tf.cast(target, 'float32')], 2);
}

function crossentropy({ inputs: { target, logits } }: Call<Losses, object>): Tensor {
  return tf.tidy(() => crossentropyOp(target, logits)[0]);
}

/**
 * The op's gradient is for targets whose sum is 1, and for those it stays as it is, which is Keras's to the last bit; where a
 * target is masked or of several classes, the gradient is softmax · Σ target − target.
 */
function crossentropyGradient({ inputs: { dy, target, logits } }: Call<Losses & { dy: Tensor }, object>): Tensor {
  return tf.tidy(() => {
    const excess = tf.sub(tf.sum(tf.cast(target, 'float32'), 1, true), 1);
    const gradient = tf.add(crossentropyOp(target, logits)[1], tf.mul(tf.softmax(logits), excess));
    return tf.mul(gradient, tf.expandDims(dy, 1));
  });
}

/** The same seed makes the same inputs fall, so that the gradient is this kernel too. */
function drop({ inputs: { x }, attrs }: Call<{ x: Tensor }, { rate: number; seed: number }>): Tensor {
  return tf.tidy(() => {
    const shape = tf.tensor1d(x.shape, 'int32');
    const seed = tf.tensor1d([attrs.seed | 0, 0], 'int32');
    const types = [a.type('dtype'), a.type('T', 'TF_INT32'), a.type('Tseed', 'TF_INT32')];
    const random = tensorflow().executeSingleOutput('StatelessRandomUniform', types, [shape, seed]);
    const stays = tf.cast(tf.greaterEqual(random, attrs.rate), 'float32');
    return tf.mul(x, tf.mul(stays, 1 / (1 - attrs.rate)));
  });
}

/** Σ l2 · Σ w². The op L2Loss is half a sum of squares. */
function penalize({ inputs, attrs: { l2 } }: Call<Record<string, Tensor>, { l2: number[] }>): Tensor {
  return tf.tidy(() =>
    tf.addN(
      Object.values(inputs).map((w, i) =>
        tf.mul(tensorflow().executeSingleOutput('L2Loss', [a.type()], [w]), 2 * l2[i]),
      ),
    ),
  );
}
