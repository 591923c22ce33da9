import type { tf } from '../tf';

/**
 * Freezes layers: training leaves their weights as they are, and their batch normalisation keeps using, and keeps, the
 * statistics that it has. `fit` sees it by itself; a model that TensorFlow.js's own `model.fit` trains is to be compiled again.
 *
 * @param model a model, or the base that a model was built on, whose layers it shares.
 * @param upTo the name of the first layer that stays trainable, as do all behind it; without it all layers are frozen.
 * @throws RangeError when no layer has that name.
 */
export function freeze(model: tf.LayersModel, upTo?: string): void {
  const names = model.layers.map(({ name }) => name);
  const end = upTo === undefined ? names.length : names.indexOf(upTo);
  if (end < 0) {
    throw new RangeError(`upTo should be the name of a layer (${names.join(', ')}), received '${upTo}'.`);
  }
  for (const [i, layer] of model.layers.entries()) layer.trainable = i >= end;
}
