import { type Preprocess, preprocess } from '../data/preprocess';
import type { tf } from '../tf';

/** What the input of a model looks like, for those that are built on it with `tf.model({ inputs: base.inputs, … })`. */
const ofInputs = new WeakMap<tf.layers.Layer, Preprocess>();
const inputOf = (model: tf.LayersModel): tf.layers.Layer | undefined => model.inputs?.[0]?.sourceLayer;

/** A model remembers in its metadata what its input looks like, so that saving it saves that too. */
export function storePreprocess(model: tf.LayersModel, description: Preprocess): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), preprocess: description });
  const input = inputOf(model);
  if (input) ofInputs.set(input, description);
}

/** What the model was trained with, or its weights were, or the model whose input it shares; undefined where nobody said. */
export function storedPreprocess(model: tf.LayersModel): Preprocess | undefined {
  const metadata = model.getUserDefinedMetadata() as { preprocess?: Preprocess } | undefined;
  const input = inputOf(model);
  return metadata?.preprocess ?? (input && ofInputs.get(input));
}

/**
 * What turns images into the model's input: the preprocessing that the model was trained with, or one whose input it
 * shares; `scale` for a model that was not trained here. Features are the input already.
 */
export function preprocessOf(model: tf.LayersModel, { dtype } = { dtype: 'uint8' }): Preprocess {
  return dtype === 'float32' ? { kind: 'none' } : (storedPreprocess(model) ?? preprocess.scale());
}

/** A model that is built on another's layers needs the same input. */
export function copyPreprocess(from: tf.LayersModel, to: tf.LayersModel): void {
  const preprocess = storedPreprocess(from);
  if (preprocess) storePreprocess(to, preprocess);
}
