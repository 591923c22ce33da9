import type { Tensor } from '@tensorflow/tfjs-core';
import { tf } from '../../tf';
import { normalizes } from './kernels/normalization';
import { BACKEND } from './kernels/register';

/** By the input's name, what makes its gradient. */
type Gradients = Record<string, () => Tensor>;

/**
 * Lets layers use the backend's large ops where TensorFlow.js builds them of many small ones. The classes stay
 * TensorFlow.js's own, so a model saves, loads and summarises as before; on other backends they do what they always did.
 */
export function speedUpLayers(): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  normalizeAtOnce(classNameMap.BatchNormalization[0] as unknown as { prototype: NormalizationLayer });
  penalizeAtOnce(classNameMap.L1L2[0] as unknown as { prototype: L2Regularizer });
}

interface Weight {
  read(): Tensor;
  write(value: Tensor): unknown;
}

/** What this file knows of TensorFlow.js's BatchNormalization. */
interface NormalizationLayer {
  axis: number;
  epsilon: number;
  momentum: number;
  gamma?: Weight;
  beta?: Weight;
  movingMean: Weight;
  movingVariance: Weight;
  call(inputs: Tensor | Tensor[], kwargs: { training?: boolean }): Tensor | Tensor[];
}

interface L2Regularizer {
  hasL1: boolean;
  l2: number;
  apply(x: Tensor): Tensor;
}

const isInUse = () => tf.getBackend() === BACKEND;

function normalizeAtOnce({ prototype }: { prototype: NormalizationLayer }): void {
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const { axis, gamma, beta, movingMean, movingVariance, epsilon, momentum } = this;
    const isLast = axis === -1 || axis === x.rank - 1;
    if (!isInUse() || !kwargs.training || !gamma || !beta || !isLast || !normalizes(x)) {
      return call.call(this, inputs, kwargs);
    }
    return tf.tidy(() => {
      const tensors = {
        x,
        gamma: gamma.read(),
        beta: beta.read(),
        movingMean: movingMean.read(),
        movingVariance: movingVariance.read(),
      };
      const attributes = { epsilon, momentum };
      const outputs = tf.engine().runKernel('BatchNormTraining', tensors, attributes) as unknown as Tensor[];
      movingMean.write(outputs[3]);
      movingVariance.write(outputs[4]);
      return outputs[0];
    });
  };
}

function penalizeAtOnce({ prototype }: { prototype: L2Regularizer }): void {
  const { apply } = prototype;
  prototype.apply = function (x) {
    if (!isInUse() || this.hasL1 || x.dtype !== 'float32' || x.size === 0) return apply.call(this, x);
    return tf.engine().runKernel('L2Penalty', { x }, { l2: this.l2 });
  };
}

/** Gradients of the ops above, and relu's from its output, so that its input need not be kept. */
export function registerGradients(): void {
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
    kernelName: 'BatchNormTraining',
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [false, true, true],
    gradFunc: (dy, [x, gamma, mean, variance], attrs): Gradients => {
      const tensors = { dy: (dy as Tensor[])[0], x, gamma, mean, variance };
      const gradients = tf.engine().runKernel('BatchNormTrainingGrad', tensors, attrs) as unknown as Tensor[];
      const zeros = () => tf.zerosLike(mean);
      return {
        x: () => gradients[0],
        gamma: () => gradients[1],
        beta: () => gradients[2],
        movingMean: zeros,
        movingVariance: zeros,
      };
    },
  });
  tf.registerGradient({
    kernelName: 'L2Penalty',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs): Gradients => ({
      x: () => tf.engine().runKernel('L2PenaltyGrad', { dy: dy as Tensor, x }, attrs),
    }),
  });
}

function reluGradient(dy: Tensor, y: Tensor): Tensor {
  return tf.engine().runKernel('ReluGrad', { dy, y });
}
