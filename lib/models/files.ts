import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, reason } from '../errors';
import { makeFolder, replaceFile, sha256 } from '../files/atomic';
import { diskFault } from '../files/faults';
import { tf } from '../tf';

/** TensorFlow.js's own files of a model; `sha256` is an addition that it does not mind. */
export interface ModelJson {
  modelTopology: object;
  format?: string;
  generatedBy?: string;
  convertedBy?: string | null;
  userDefinedMetadata?: Record<string, unknown>;
  weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[]; sha256?: string }[];
}

const MODEL = 'model.json';
const WEIGHTS = /^weights-[0-9a-f]{16}\.bin$/;

/**
 * Saves a model for `loadModel`, and for anything else that reads TensorFlow.js's files: model.json and one file of
 * weights. The preprocessing that `fit` stored goes with it, the optimiser's state doesn't. A model that is there is
 * replaced at one instant: whoever looks, and whenever the process is killed, finds the old one or the new one.
 *
 * @throws DataError when the folder can't be written.
 */
export async function saveModel(model: tf.LayersModel, folder: string): Promise<void> {
  const { json, weights, weightsName } = await modelFiles(model);
  const part = join(folder, `${MODEL}.part`);
  try {
    await makeFolder(folder);
    for (const [name, bytes] of [
      [weightsName, weights], // of another name than those that model.json still means, unless they are the same
      [MODEL, json],
    ] as const) {
      await replaceFile(join(folder, name), bytes, part);
    }
    for (const name of await readdir(folder)) {
      if (WEIGHTS.test(name) && name !== weightsName) await rm(join(folder, name));
    }
  } catch (error) {
    const fault = diskFault(error);
    if (fault === undefined) throw error;
    throw new DataError(
      `The model could not be saved in ${folder}: ${fault} (${reason(error)}). Choose another folder.`,
    );
  }
}

/** The two files of a model, as bytes. */
export async function modelFiles(
  model: tf.LayersModel,
): Promise<{ json: Uint8Array; weights: Uint8Array; weightsName: string }> {
  let saved: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model.save(handler);
  const { modelTopology, format, generatedBy, convertedBy, userDefinedMetadata, ...data } =
    saved as tf.io.ModelArtifacts;
  const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(data.weightData));
  const hash = sha256(weights);
  const weightsName = `weights-${hash.slice(0, 16)}.bin`;
  const weightsManifest = [{ paths: [weightsName], weights: data.weightSpecs, sha256: hash }];
  const json = { modelTopology, format, generatedBy, convertedBy, userDefinedMetadata, weightsManifest };
  return { json: Buffer.from(JSON.stringify(json)), weights, weightsName };
}

/**
 * Loads a model that `saveModel`, `fit`'s checkpoints or TensorFlow.js itself saved in a folder.
 *
 * @throws DataError when there is none, or a file is damaged.
 */
export async function loadModel(folder: string): Promise<tf.LayersModel> {
  try {
    const { weightsManifest, ...rest } = JSON.parse(await readFile(join(folder, MODEL), 'utf8')) as ModelJson;
    const weightData = await Promise.all(weightsManifest.map((group) => readWeights(folder, group)));
    const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
    return await tf.loadLayersModel(tf.io.fromMemory({ ...rest, weightSpecs, weightData: weightData.flat() }));
  } catch (error) {
    throw new DataError(
      `The model in ${folder} can't be loaded (${reason(error)}). Give the folder that holds its ${MODEL}, or save it again.`,
    );
  }
}

async function readWeights(folder: string, { paths, sha256: expected }: ModelJson['weightsManifest'][0]) {
  const parts = await Promise.all(
    paths.map((path) => {
      if (/[\\/]/.test(path)) throw new DataError(`its weights are said to be in ${path}, outside the folder`);
      return readFile(join(folder, path));
    }),
  );
  const received = sha256(Buffer.concat(parts));
  if (expected !== undefined && received !== expected) {
    throw new DataError(`${paths.join(', ')} has the SHA-256 ${received} instead of ${expected}`);
  }
  return parts.map((bytes) => Uint8Array.from(bytes).buffer);
}
