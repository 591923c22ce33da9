import { dirname } from 'node:path';
import { DataError, reason } from '../../errors';
import { makeFolder, replaceFile } from '../../files/atomic';
import { diskFault } from '../../files/faults';
import type { tf } from '../../tf';
import { storedPreprocess } from '../metadata';
import { type Division, describeWeights, variablesOf } from './layers';
import { inThread } from './thread';

/**
 * Saves a model's weights for Keras: `model.load_weights(file)` reads them into a model with the same layers. The ending
 * of the file decides: `.weights.h5` is Keras 3's form, any other `.h5` that of Keras 2, which Keras 3 reads too. A file
 * that is there is replaced at one instant. The model's preprocessing is kept in it, too, where `loadKerasWeights` finds it.
 *
 * @throws RangeError for another ending, DataError when the file can't be written.
 */
export async function saveKerasWeights(model: tf.LayersModel, file: string): Promise<void> {
  const format: Division = file.endsWith('.weights.h5') ? 'leaves' : 'layers';
  if (!file.endsWith('.h5')) {
    throw new RangeError(`The file should end in .weights.h5 (Keras 3) or .h5 (Keras 2), received ${file}.`);
  }
  const values = await Promise.all(
    variablesOf(model, format).map((layer) =>
      Promise.all(layer.map(async (variable) => Float32Array.from(await variable.read().data()))),
    ),
  );
  const layers = describeWeights(model)[format];
  const write = { format, name: model.name, layers, values, preprocess: storedPreprocess(model) };
  const { written } = await inThread<{ written: Uint8Array }>({ write });
  await replace(file, written);
}

async function replace(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await replaceFile(file, bytes);
  } catch (error) {
    const fault = diskFault(error);
    if (fault === undefined) throw error;
    throw new DataError(
      `The weights could not be saved as ${file}: ${fault} (${reason(error)}). Choose another place.`,
    );
  }
}
