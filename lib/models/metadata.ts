import { type Preprocess, preprocess } from '../data/preprocess';
import type { tf } from '../tf';

/** A model remembers in its metadata what its input looks like, so that saving it saves that too. */
export function storePreprocess(model: tf.LayersModel, description: Preprocess): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), preprocess: description });
}

/** What the model was trained with, or its weights were; undefined where nobody said. */
export function storedPreprocess(model: tf.LayersModel): Preprocess | undefined {
  const metadata = model.getUserDefinedMetadata() as { preprocess?: Preprocess } | undefined;
  return metadata?.preprocess;
}

/**
 * What turns images into the model's input: the preprocessing that the model was trained with, `scale` for a model that
 * was not trained here. Features are the input already.
 */
export function preprocessOf(model: tf.LayersModel, { dtype } = { dtype: 'uint8' }): Preprocess {
  return dtype === 'float32' ? { kind: 'none' } : (storedPreprocess(model) ?? preprocess.scale());
}

/** A model that is built on another's layers needs the same input. */
export function copyPreprocess(from: tf.LayersModel, to: tf.LayersModel): void {
  const preprocess = storedPreprocess(from);
  if (preprocess) storePreprocess(to, preprocess);
}
