import { stat } from 'node:fs/promises';
import { DataError } from '../../errors';
import { diskFault } from '../../files/faults';
import { tf } from '../../tf';
import { storePreprocess } from '../metadata';
import { describeWeights, variablesOf } from './layers';
import type { ReadWeights } from './read';
import { inThread } from './thread';

/** Larger than any file of an image classifier, and as much as Node reads at once. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Gives a model the weights that Keras has saved: a `.h5` file of Keras 2, of weights alone or of a whole model, or a
 * `.weights.h5` file of Keras 3. The layers must be those of the Keras model, in the same order; the optimiser's state is
 * not read. The preprocessing that `saveKerasWeights` adds is.
 *
 * @throws DataError when the file is missing, damaged or of another model. The model is unchanged then.
 */
export async function loadKerasWeights(model: tf.LayersModel, file: string): Promise<void> {
  const { division, values, preprocess } = await readFile(model, file);
  const variables = variablesOf(model, division);
  tf.tidy(() => {
    for (const [i, layer] of variables.entries()) {
      for (const [j, variable] of layer.entries()) {
        variable.write(tf.tensor(values[i][j], variable.shape as number[]));
      }
    }
  });
  if (preprocess) storePreprocess(model, preprocess);
}

async function readFile(model: tf.LayersModel, path: string): Promise<ReadWeights> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new DataError('it is no file');
    if (found.size > MOST_BYTES) throw new DataError(`it has ${found.size} bytes, and at most ${MOST_BYTES} are read`);
    return (await inThread<{ read: ReadWeights }>({ path, model: describeWeights(model) })).read;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException)?.code === 'ENOENT';
    const fault = error instanceof DataError ? error.message : isMissing ? 'there is no such file' : diskFault(error);
    if (fault === undefined) throw error;
    throw new DataError(
      `The weights in ${path} can't be used: ${fault}. The model is unchanged; give a file that Keras saved of a model with the same layers.`,
    );
  }
}
