import { nextSeed } from '../random';
import { tf } from '../tf';

/** Standard deviation of a standard normal distribution cut at ±2. */
const TRUNCATED_STDDEV = 0.8796256610342398;

/**
 * He initialisation (He et al. 2015) as Keras's `he_normal`: normal, cut at two standard deviations, with a standard
 * deviation of √(2 / fan in) after the cut. TensorFlow.js's own `heNormal` forgets to correct for the cut and starts
 * 12% too small, so its scale is corrected here; a saved model still names only stock TensorFlow.js.
 */
export function heNormal(): ReturnType<typeof tf.initializers.varianceScaling> {
  const scale = 2 / TRUNCATED_STDDEV ** 2;
  return tf.initializers.varianceScaling({ scale, mode: 'fanIn', distribution: 'normal', seed: nextSeed() });
}
