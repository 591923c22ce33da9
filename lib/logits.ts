import * as tf from '@tensorflow/tfjs';
import { prototypeOf } from './layer-classes';

/** What probabilities were made of in this training step. */
const logits = new WeakMap<tf.Tensor, tf.Tensor>();

/** The logits that a softmax made these probabilities of in this training step; undefined for any others. */
export function logitsOf(probabilities: tf.Tensor): tf.Tensor | undefined {
  const x = logits.get(probabilities);
  return x?.isDisposed ? undefined : x; // those of a model within the model end with its call
}

/**
 * As in Keras on TensorFlow, the loss 'categoricalCrossentropy' behind a dense softmax, or an activation of its own, is computed
 * from the logits in training. TensorFlow.js computes it from the probabilities, clipped at 1e-7, as it still does for a model within the
 * model and in its own `model.evaluate`: a network that is wrong and very sure, as a new head on large features is, would
 * learn nothing from its worst mistakes.
 */
export function learnFromLogits(): void {
  const linear = Object.create(prototypeOf<Activation>('linear'));
  for (const name of ['Dense', 'Activation']) keepLogits(prototypeOf<ActivatedLayer>(name), linear);
  judgeLogits(tf.LayersModel.prototype as unknown as Compiled);
}

interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
  getClassName(): string;
}

interface ActivatedLayer {
  activation?: Activation | null;
  call(inputs: unknown, kwargs?: { training?: boolean }): tf.Tensor;
}

/** What this project knows of a compiled model. */
export interface Compiled {
  outputNames: string[];
  loss: string | string[] | Record<string, string>;
  lossFunctions: Loss[];
  compile(args: object): void;
}

type Loss = (target: tf.Tensor, output: tf.Tensor) => tf.Tensor;

/** Whether gradients are asked for, so that whatever is computed is disposed of when they are there. */
const isLearning = () => (tf.engine() as unknown as { state: { gradientDepth: number } }).state.gradientDepth > 0;

function keepLogits(prototype: ActivatedLayer, linear: Activation): void {
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const { activation } = this;
    const isSoftmax = activation?.getClassName() === 'softmax';
    if (!kwargs?.training || !isSoftmax || !isLearning()) return call.call(this, inputs, kwargs);
    // The layer without its activation, so that what it gives outlives the call.
    const x = call.call(Object.create(this, { activation: { value: linear } }), inputs, kwargs);
    const probabilities = activation.apply(x);
    logits.set(probabilities, x);
    return probabilities;
  };
}

function judgeLogits(model: Compiled): void {
  replaceCrossentropy(model, (stock) => (target, output) => {
    const x = logitsOf(output);
    if (x === undefined) return stock(target, output);
    return tf.tidy(() => tf.neg(tf.sum(tf.mul(tf.cast(target, 'float32'), tf.logSoftmax(x)), -1)));
  });
}

/** In models that are compiled from now on, what computes the loss 'categoricalCrossentropy' of each example. */
export function replaceCrossentropy(model: Compiled, replace: (stock: Loss) => Loss): void {
  const { compile } = model;
  model.compile = function (args) {
    compile.call(this, args);
    const { loss } = this;
    const nameOf = (output: string, i: number) =>
      typeof loss === 'string' ? loss : Array.isArray(loss) ? loss[i] : loss[output];
    this.lossFunctions = this.lossFunctions.map((stock, i) =>
      nameOf(this.outputNames[i], i) === 'categoricalCrossentropy' ? replace(stock) : stock,
    );
  };
}
