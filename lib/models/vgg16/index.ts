import { preprocess } from '../../data/preprocess';
import type { tf } from '../../tf';
import { loadKerasWeights } from '../keras/load';
import { storedPreprocess, storePreprocess } from '../metadata';
import { buildVgg16, checkVgg16, type Vgg16Architecture } from './architecture';
import { imagenetWeights } from './weights';

export interface Vgg16Options extends Vgg16Architecture {
  /** `'imagenet'`, by default; the path of a file that Keras saved; or null for weights drawn at random. */
  weights?: string | null;
  /** Where the fetched file is kept; by default `data/cache` of the repository, outside of it the user's cache. */
  cacheDir?: string;
}

/**
 * VGG16 (Simonyan and Zisserman 2015), layer by layer as Keras's `applications.VGG16` builds it, with the same names.
 * The weights `'imagenet'` are Keras's official file, fetched once (59 MB, with the top 553 MB), its size and published
 * MD5 checked. The variables `VGG16_URL`, a folder with files of the official names, and `VGG16_SHA256`, of the file in
 * use, point it at a mirror.
 *
 * With weights the model knows its preprocessing, `preprocess.caffe()`, and `fit`, `predict` and `evaluate` find it.
 *
 * @returns a model from [batch, ...inputShape] to [batch, ⌊height / 32⌋, ⌊width / 32⌋, 512], with the top to class
 * probabilities, [batch, classes]; not compiled.
 * @throws RangeError when Keras would not build it; DataError when the weights can't be fetched or are of another model.
 */
export async function vgg16(options: Vgg16Options = {}): Promise<tf.LayersModel> {
  const { weights = 'imagenet', includeTop = false, cacheDir } = options;
  checkVgg16(options, weights === 'imagenet');
  if (weights === null) return buildVgg16(options, false);
  const file = weights === 'imagenet' ? await imagenetWeights(includeTop, cacheDir) : weights;
  const model = buildVgg16(options, true);
  try {
    await loadKerasWeights(model, file);
  } catch (error) {
    model.dispose();
    throw error;
  }
  if (storedPreprocess(model) === undefined) storePreprocess(model, preprocess.caffe()); // files of ours know their own
  return model;
}
