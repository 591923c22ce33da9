import type { NamedTensor } from '@tensorflow/tfjs-core/dist/tensor_types';
import { DataError } from '../errors';
import { tf } from '../tf';
import type { Snapshot } from './snapshot';

/** The version of training.json and training.bin. */
export const FORMAT = 1;

/** Tensors as TensorFlow.js stores them: one after the other, as specified. */
export interface Stored {
  specs: tf.io.WeightsManifestEntry[];
  bytes: Uint8Array;
}

/** The snapshot without its long arrays, which training.bin holds. */
interface TrainingJson {
  format: number;
  snapshot: Snapshot;
  /** The tensors of training.bin: the optimiser's, then the steps' losses and accuracies, then the callbacks' weights. */
  specs: tf.io.WeightsManifestEntry[];
  optimizerCount: number;
  callbackCounts: number[];
}

/** JSON has no word for what a diverged training measures. */
const ODD = ['NaN', 'Infinity', '-Infinity'];
const writeOdd = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? { odd: String(value) } : value;
const readOdd = (_: string, value: unknown) => {
  const { odd } = (value ?? {}) as { odd?: string };
  return odd !== undefined && ODD.includes(odd) ? Number(odd) : value;
};

/** training.json and training.bin: the snapshot and the optimiser's state. */
export async function encodeTraining(
  optimizer: tf.Optimizer,
  snapshot: Snapshot,
): Promise<{ json: Uint8Array; bin: Uint8Array }> {
  const { state, callbacks } = snapshot;
  const { steps, ...epochs } = state.history;
  const arrays = [steps.loss, steps.accuracy, ...callbacks.flatMap((callback) => callback.state.weights)];
  const tensors = arrays.map((values) => tf.tensor1d(values as number[], 'float32'));
  const optimizerWeights = await optimizer.getWeights();
  try {
    const named: NamedTensor[] = [...optimizerWeights, ...tensors.map((tensor, i) => ({ name: `${i}`, tensor }))];
    const { data, specs } = await tf.io.encodeWeights(named);
    const json: TrainingJson = {
      format: FORMAT,
      snapshot: {
        ...snapshot,
        state: { ...state, history: { ...epochs, steps: { loss: [], accuracy: [] } } },
        callbacks: callbacks.map(({ name, state: { values } }) => ({ name, state: { values, weights: [] } })),
      },
      specs,
      optimizerCount: optimizerWeights.length,
      callbackCounts: callbacks.map((callback) => callback.state.weights.length),
    };
    return { json: Buffer.from(JSON.stringify(json, writeOdd)), bin: new Uint8Array(data) };
  } finally {
    // Its variables are the optimiser's own; what else it gives, it made for this.
    tf.dispose([...tensors, ...optimizerWeights.map(({ tensor }) => tensor).filter(isNoVariable)]);
  }
}

const isNoVariable = (tensor: unknown) => !(tensor instanceof tf.Variable);

/** The snapshot, and the optimiser's state as named tensors, which the caller disposes of. */
export async function decodeTraining(
  json: Uint8Array,
  bin: Uint8Array,
): Promise<{ snapshot: Snapshot; optimizerWeights: Stored }> {
  const { snapshot, specs, optimizerCount, callbackCounts } = parseJson(json) as TrainingJson;
  const split = byteLength(specs.slice(0, optimizerCount));
  const rest = decodeTensors({ specs: specs.slice(optimizerCount), bytes: bin.subarray(split) });
  const arrays = rest.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose(rest);
  const [loss, accuracy, ...weights] = arrays;
  snapshot.state.history.steps = { loss: [...loss], accuracy: [...accuracy] };
  callbackCounts.forEach((count, i) => {
    snapshot.callbacks[i].state.weights = weights.splice(0, count);
  });
  return { snapshot, optimizerWeights: { specs: specs.slice(0, optimizerCount), bytes: bin.subarray(0, split) } };
}

export const parseJson = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString(), readOdd);

/** The tensors in their order, which the caller disposes of. */
export function decodeTensors({ specs, bytes }: Stored): tf.Tensor[] {
  const expected = byteLength(specs);
  if (bytes.length !== expected) throw new DataError(`its weights have ${bytes.length} bytes instead of ${expected}`);
  const numbered = specs.map((spec, i) => ({ ...spec, name: `tensor ${i}` }));
  return Object.values(tf.io.decodeWeights(Uint8Array.from(bytes).buffer, numbered));
}

const byteLength = (specs: tf.io.WeightsManifestEntry[]) =>
  specs.reduce(
    (sum, { shape, dtype }) => sum + tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype as 'float32'),
    0,
  );
