import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { prototypeOf } from '../../layer-classes';
import { type Compiled, logitsOf, replaceCrossentropy } from '../../logits';
import { nextSeed } from '../../random';
import { tf } from '../../tf';
import { fusedBackend } from './registry';

/** By the input's name, what makes its gradient. */
type Gradients = Record<string, () => Tensor>;

let done = false;

/**
 * Lets layers use large ops where TensorFlow.js builds them of many small ones, on the backends that have them
 * (`registerFused`, and kernels of the names below). The classes stay TensorFlow.js's own, so a model saves, loads and
 * summarises as before; on other backends they do what they always did.
 */
export function speedUpLayers(): void {
  if (done) return;
  done = true;
  registerGradients();
  convolveAtOnce(prototypeOf<ConvolutionLayer>('Conv2D'));
  normalizeAtOnce(prototypeOf<NormalizationLayer>('BatchNormalization'));
  poolAtOnce(prototypeOf<GlobalPoolingLayer>('GlobalAveragePooling2D'));
  dropAtOnce(prototypeOf<DropoutLayer>('Dropout'));
  const model = tf.LayersModel.prototype as unknown as Model;
  penalizeAtOnce(prototypeOf<L2Regularizer>('L1L2'), model);
  judgeAtOnce(model);
}

/** A layer's weight. */
interface Weight {
  read(): Tensor;
}

/** What this file knows of TensorFlow.js's Conv2D, BatchNormalization, GlobalAveragePooling2D, Dropout, L1L2 and LayersModel. */
interface ConvolutionLayer {
  bias?: Weight | null;
  kernel: Weight;
  dataFormat: string;
  dilationRate: number | number[];
  strides: [number, number];
  padding: string;
  activation?: { apply(x: Tensor): Tensor; getClassName(): string } | null;
  call(inputs: Tensor | Tensor[], kwargs: { training?: boolean }): Tensor | Tensor[];
}

interface NormalizationLayer {
  trainable: boolean;
  axis: number;
  epsilon: number;
  momentum: number;
  gamma?: Weight;
  beta?: Weight;
  movingMean: Weight;
  movingVariance: Weight;
  call(inputs: Tensor | Tensor[], kwargs: { training?: boolean }): Tensor | Tensor[];
}

interface GlobalPoolingLayer {
  dataFormat: string;
  call(inputs: Tensor | Tensor[], kwargs: object): Tensor | Tensor[];
}

interface L2Regularizer {
  hasL1: boolean;
  l2: number;
  apply(x: Tensor): Tensor | undefined;
}

interface DropoutLayer {
  rate: number;
  seed?: number | null;
  getNoiseShape(x: Tensor): unknown;
  call(inputs: Tensor | Tensor[], kwargs: { training?: boolean }): Tensor | Tensor[];
}

interface Model extends Compiled {
  calculateLosses(): Tensor[];
}

const isInUse = () => fusedBackend() !== undefined;
const only = (inputs: Tensor | Tensor[]) => (Array.isArray(inputs) ? inputs[0] : inputs);
const run = (kernel: string, inputs: object, attrs = {}) =>
  tf.engine().runKernel(kernel, inputs as Record<string, Tensor>, attrs) as Tensor & Tensor[];

/** In training, convolution and bias are one op, whose three gradients are computed only as far as they are needed. */
function convolveAtOnce(prototype: ConvolutionLayer): void {
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const x = only(inputs);
    const { bias, strides, padding: pad, activation } = this;
    const isPlain = this.dataFormat !== 'channelsFirst' && [this.dilationRate].flat().every((rate) => rate === 1);
    const isFloat = x.rank === 4 && x.dtype === 'float32' && x.size > 0;
    if (!isInUse() || !kwargs?.training || !bias || !isPlain || !isFloat || (pad !== 'same' && pad !== 'valid')) {
      return call.call(this, inputs, kwargs);
    }
    return tf.tidy(() => {
      const tensors = { x, filter: this.kernel.read(), bias: bias.read() };
      const result = run('Conv2DWithBias', tensors, { strides, pad, dataFormat: 'NHWC', dilations: 1 });
      return activation ? activation.apply(result) : result;
    });
  };
}

function normalizeAtOnce(prototype: NormalizationLayer): void {
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const x = only(inputs);
    const { axis, gamma, beta, movingMean, movingVariance, epsilon, momentum } = this;
    const isLast = axis === -1 || axis === x.rank - 1;
    const backend = fusedBackend();
    if (!backend || !kwargs.training || !this.trainable || !gamma || !beta || !isLast || !backend.normalizes(x)) {
      return call.call(this, inputs, kwargs);
    }
    return tf.tidy(() => {
      const tensors = { x, gamma: gamma.read(), beta: beta.read() };
      const [y, mean, variance] = run('BatchNormTraining', tensors, { epsilon });
      backend.moveTowards(movingMean.read() as Variable, mean, momentum);
      backend.moveTowards(movingVariance.read() as Variable, variance, momentum);
      return y;
    });
  };
}

/** Global average pooling is average pooling with a window as large as the map. */
function poolAtOnce(prototype: GlobalPoolingLayer): void {
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const x = only(inputs);
    if (!isInUse() || this.dataFormat === 'channelsFirst' || x.dtype !== 'float32' || x.size === 0) {
      return call.call(this, inputs, kwargs);
    }
    const [batch, height, width, channels] = x.shape;
    return tf.tidy(() => tf.reshape(tf.avgPool(x as tf.Tensor4D, [height, width], 1, 'valid'), [batch, channels]));
  };
}

/** Which inputs fall comes from the layer's seed, or anew each time from the one of `setRandomSeed`. */
function dropAtOnce(prototype: DropoutLayer): void {
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const x = only(inputs);
    const { rate } = this;
    const noiseShape = this.getNoiseShape(x);
    const isPlain = rate > 0 && rate < 1 && (noiseShape === null || noiseShape === undefined);
    if (!isInUse() || !kwargs?.training || !isPlain || x.dtype !== 'float32' || x.size === 0) {
      return call.call(this, inputs, kwargs);
    }
    return run('DropoutWithSeed', { x }, { rate, seed: this.seed ?? nextSeed() });
  };
}

/** All L2 penalties of a model are one op, where the regularisers only say what they are about. */
function penalizeAtOnce(regularizer: L2Regularizer, model: Model): void {
  const { apply } = regularizer;
  let penalized: { weight: Tensor; l2: number }[] | undefined;
  regularizer.apply = function (x) {
    if (!penalized || this.hasL1 || x.dtype !== 'float32' || x.size === 0) return apply.call(this, x);
    penalized.push({ weight: x, l2: this.l2 });
    return undefined;
  };
  const { calculateLosses } = model;
  model.calculateLosses = function () {
    // A model within a model adds to what the outer one collects.
    if (!isInUse() || penalized) return calculateLosses.call(this);
    penalized = [];
    try {
      const others = calculateLosses.call(this).filter((loss: Tensor | undefined) => loss !== undefined);
      if (penalized.length === 0) return others;
      const weights = penalized.map(({ weight }) => weight);
      return [...others, run('L2Penalty', weights, { l2: penalized.map(({ l2 }) => l2) })];
    } finally {
      penalized = undefined;
    }
  };
}

function judgeAtOnce(model: Model): void {
  replaceCrossentropy(model, (stock) => (target, output) => {
    const x = logitsOf(output);
    const fits = x?.rank === 2 && x.dtype === 'float32' && x.size > 0 && tf.util.arraysEqual(target.shape, x.shape);
    return isInUse() && fits ? run('SoftmaxCrossentropy', { target, logits: x }) : stock(target, output);
  });
}

/** Gradients of the ops above, and relu's from its output, so that its input need not be kept. */
function registerGradients(): void {
  tf.registerGradient({
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]): Gradients => ({
      x: () => (isInUse() ? reluGradient(dy as Tensor, y) : tf.mul(dy as Tensor, tf.cast(tf.step(y), 'float32'))),
    }),
  });
  tf.registerGradient({
    kernelName: 'ReluGrad',
    inputsToSave: ['y'],
    gradFunc: (dy, [y]): Gradients => ({
      dy: () => reluGradient(dy as Tensor, y),
      y: () => tf.zerosLike(y),
    }),
  });
  tf.registerGradient({
    kernelName: 'Conv2DWithBias',
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, [x, filter], attrs): Gradients => ({
      x: () => run('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: x.shape }),
      filter: () => run('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter.shape }),
      bias: () => run('BiasGrad', { dy }),
    }),
  });
  tf.registerGradient({
    kernelName: 'BatchNormTraining',
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [false, true, true, true, true, true], // whatever else the backend's kernel keeps for its gradient
    gradFunc: (dy, [x, gamma, mean, variance, ...kept], attrs): Gradients => {
      const tensors = { dy: (dy as Tensor[])[0], x, gamma, mean, variance, ...kept };
      const gradients = run('BatchNormTrainingGrad', tensors, attrs);
      return { x: () => gradients[0], gamma: () => gradients[1], beta: () => gradients[2] };
    },
  });
  tf.registerGradient({
    kernelName: 'SoftmaxCrossentropy',
    inputsToSave: ['target', 'logits'],
    gradFunc: (dy, [target, logits]): Gradients => ({
      target: () => tf.mul(tf.neg(tf.logSoftmax(logits)), tf.expandDims(dy as Tensor, 1)),
      logits: () => run('SoftmaxCrossentropyGrad', { dy, target, logits }),
    }),
  });
  tf.registerGradient({
    kernelName: 'DropoutWithSeed',
    gradFunc: (dy, _saved, attrs): Gradients => ({ x: () => run('DropoutWithSeed', { x: dy }, attrs) }),
  });
  tf.registerGradient({
    kernelName: 'L2Penalty',
    saveAllInputs: true,
    gradFunc: (dy, weights, attrs): Gradients => {
      const factors = (attrs as unknown as { l2: number[] }).l2;
      const gradient = (x: Tensor, i: number) => () => run('L2PenaltyGrad', { dy, x }, { l2: factors[i] });
      return Object.fromEntries(weights.map((x, i) => [i, gradient(x, i)]));
    },
  });
}

function reluGradient(dy: Tensor, y: Tensor): Tensor {
  return run('ReluGrad', { dy, y: tf.cast(y, 'float32') });
}
