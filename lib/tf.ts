import * as tf from '@tensorflow/tfjs';
import { untilStopped } from './interruption';
import { prototypeOf } from './layer-classes';
import { learnFromLogits } from './logits';
import { nextSeed } from './random';

// Without this TensorFlow.js prints an advertisement on stderr at the first operation.
tf.enableProdMode();
seedDropout();
freezeNormalization();
freezePenalties();
learnFromLogits();
stopWithCell();

export { tf };

interface DropoutLayer {
  seed?: number | null;
  call(inputs: unknown, kwargs: { training?: boolean }): unknown;
}

/** A Dropout layer without a seed of its own takes TensorFlow.js's from Math.random; here it comes from `setRandomSeed`. */
function seedDropout(): void {
  const prototype = prototypeOf<DropoutLayer>('Dropout');
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const isSeeded = !kwargs?.training || (this.seed !== undefined && this.seed !== null);
    const layer = isSeeded ? this : Object.create(this, { seed: { value: nextSeed() } });
    return call.call(layer, inputs, kwargs);
  };
}

interface NormalizationLayer {
  trainable: boolean;
  call(inputs: unknown, kwargs: { training?: boolean }): unknown;
}

/**
 * As in Keras, frozen batch normalisation uses the statistics that it has, and keeps them, also in training. In
 * TensorFlow.js it would go on normalising by the batch, and moving the statistics of a base that should stay as it is.
 */
function freezeNormalization(): void {
  const prototype = prototypeOf<NormalizationLayer>('BatchNormalization');
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    return call.call(this, inputs, this.trainable ? kwargs : { ...kwargs, training: false });
  };
}

/** As in Keras, frozen weights add no penalty to the loss, which could not change it. */
function freezePenalties(): void {
  const prototype = tf.layers.Layer.prototype as { trainable: boolean; calculateLosses(): tf.Scalar[] };
  const { calculateLosses } = prototype;
  prototype.calculateLosses = function () {
    return this.trainable ? calculateLosses.call(this) : [];
  };
}

/** TensorFlow.js's own training stops with the notebook cell that it runs in: after its step, and keeps its weights. */
function stopWithCell(): void {
  const { prototype } = tf.LayersModel as unknown as {
    prototype: Record<string, (...args: unknown[]) => Promise<unknown>>;
  };
  for (const name of ['fit', 'fitDataset']) {
    const train = prototype[name];
    prototype[name] = function (this: tf.LayersModel, ...args) {
      return untilStopped(
        () => train.apply(this, args),
        () => {
          this.stopTraining = true;
        },
      );
    };
  }
}
