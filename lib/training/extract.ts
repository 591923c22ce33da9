import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ndarray from 'ndarray';
import type { Preprocess } from '../data/preprocess';
import { checkSplit, imagesOf } from '../data/splits';
import type { AnySplit, FeatureSplit } from '../data/types';
import { makeFolder, replaceFile } from '../files/atomic';
import { diskFault } from '../files/faults';
import { anySignal, runningSignal } from '../interruption';
import { preprocessOf } from '../models/metadata';
import { cacheFolder } from '../paths';
import { sizeOf } from '../shapes';
import type { tf } from '../tf';
import { packImages } from './batches';
import { checkImages } from './checks';
import { outputsOf } from './outputs';
import { architecture } from './run';

export interface ExtractOptions {
  /** Where features are kept; by default `data/cache` of the repository, outside of it the user's cache. */
  cacheDir?: string;
  /** Told after every block of images how many are done, of how many. */
  onProgress?: (done: number, total: number) => void;
  /** Stops it between two batches. */
  signal?: AbortSignal;
}

/** Images that are kept together. */
const BLOCK = 1000;
const HASH_BYTES = 32;

/**
 * What a base makes of every image, so that it needs to run once and not once an epoch: `fit` trains a head on the
 * features (`splitModel` gives one). Only while the base is frozen, and without augmentation, are they what the whole model would see.
 *
 * Features are kept on the disk under a hash of the base's layers and weights, its preprocessing and the images: whoever
 * asks again, for the same images among others too, or after an interruption, gets them from there; after any change they
 * are computed anew.
 *
 * @param base from [batch, height, width, channels] to anything, [batch, …].
 * @param split images, or the features of them that an earlier part of the same network gave.
 * @returns the features of each image, [N, …], with the labels.
 * @throws RangeError when the images don't fit the base; the signal's reason when it stops.
 */
export async function extractFeatures(
  base: tf.LayersModel,
  split: AnySplit,
  { cacheDir = cacheFolder(), onProgress, signal }: ExtractOptions = {},
): Promise<FeatureSplit> {
  checkSplit(split);
  const images = imagesOf(split);
  checkImages(base, images);
  const stop = anySignal(signal, runningSignal());
  const [count, ...shape] = images.shape;
  const { values } = packImages(images);
  const size = values.length / count;
  const preprocess = preprocessOf(base, images);
  const baseHash = hashBase(base, preprocess);
  const outputShape = (base.computeOutputShape([count, ...shape]) as number[]).slice(1);
  const features = new Float32Array(count * sizeOf(outputShape));
  for (let first = 0; first < count; first += BLOCK) {
    const block = { values: values.subarray(first * size, (first + BLOCK) * size), shape };
    const name = createHash('sha256').update(`${baseHash} ${shape} `).update(bytesOf(block.values)).digest('hex');
    const file = join(cacheDir, 'features', `${name}.bin`);
    const known = await readBlock(file);
    const outputs = known ?? (await outputsOf(base, block, preprocess, stop));
    if (known === undefined) await writeBlock(file, outputs);
    features.set(outputs, first * sizeOf(outputShape));
    onProgress?.(Math.min(first + BLOCK, count), count);
  }
  return { features: ndarray(features, [count, ...outputShape]), labels: split.labels };
}

/** The base's layers and weights, and how it is given its input. */
function hashBase(base: tf.LayersModel, preprocess: Preprocess): string {
  const hash = createHash('sha256').update(architecture(base, false)).update(JSON.stringify(preprocess));
  for (const weight of base.getWeights()) hash.update(bytesOf(weight.dataSync()));
  return hash.digest('hex');
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/** Numbers with their SHA-256 behind them; undefined when there are none, or others. */
async function readBlock(file: string): Promise<Float32Array | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined || bytes.length < HASH_BYTES) return undefined;
  const values = bytes.subarray(0, -HASH_BYTES);
  if (!hashOf(values).equals(bytes.subarray(-HASH_BYTES))) return undefined;
  return new Float32Array(Uint8Array.from(values).buffer);
}

/** What can't be kept is computed again the next time. */
async function writeBlock(file: string, values: Float32Array): Promise<void> {
  const bytes = bytesOf(values);
  try {
    await makeFolder(dirname(file));
    await replaceFile(file, Buffer.concat([bytes, hashOf(bytes)]), `${file}.${process.pid}.part`);
  } catch (error) {
    if (diskFault(error) === undefined) throw error;
  }
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
