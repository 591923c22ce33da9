import * as tf from '@tensorflow/tfjs';
import { nextSeed } from './random';

// Without this TensorFlow.js prints an advertisement on stderr at the first operation.
tf.enableProdMode();
seedDropout();

export { tf };

interface DropoutLayer {
  seed?: number | null;
  call(inputs: unknown, kwargs: { training?: boolean }): unknown;
}

/** A Dropout layer without a seed of its own takes TensorFlow.js's from Math.random; here it comes from `setRandomSeed`. */
function seedDropout(): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const { prototype } = classNameMap.Dropout[0] as unknown as { prototype: DropoutLayer };
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const isSeeded = !kwargs?.training || (this.seed !== undefined && this.seed !== null);
    const layer = isSeeded ? this : Object.create(this, { seed: { value: nextSeed() } });
    return call.call(layer, inputs, kwargs);
  };
}
