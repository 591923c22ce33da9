import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tf } from 'resnet-lab';

const FOLDER = join(__dirname, '..', 'keras', 'vectors');

/** A case that tests/keras/make_vectors.py wrote with real Keras. */
export interface KerasCase {
  options: Record<string, unknown>;
  inputShape: [number, number, number];
  batch: number;
  loss: 'categoricalCrossentropy' | 'meanSquaredError';
  layers: {
    class: string;
    outputShape: (number | null)[];
    weights: { name: string; shape: number[]; trainable: boolean }[];
  }[];
  trainingLoss: number;
  sgdLosses: number[];
  /** Per step, how far these have moved at most when Keras starts from weights that differ in their last bit. */
  sgdSpread: number[];
  adamLosses: number[];
  /** The arrays of the binary file, by name. */
  arrays: Map<string, { shape: number[]; values: Float32Array }>;
}

export function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as T;
}

export function readCase(name: string): KerasCase {
  const { arrays: index, ...rest } = readJson<KerasCase & { arrays: { name: string; shape: number[] }[] }>(name);
  const bytes = readFileSync(join(FOLDER, `${name}.bin`));
  const arrays: KerasCase['arrays'] = new Map();
  let offset = 0;
  for (const { name: array, shape } of index) {
    const count = shape.reduce((product, n) => product * n, 1);
    const values = Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(offset + 4 * i));
    arrays.set(array, { shape, values });
    offset += 4 * count;
  }
  return { ...rest, arrays };
}

/** The formula of make_vectors.py: numbers in [-1, 1) from a hash of the stream and the position. */
export function formula(stream: number, count: number): Float32Array {
  const first = (stream * 100_003) % 2 ** 32;
  return Float32Array.from({ length: count }, (_, i) => {
    let mixed = Math.imul(first + i, 2654435761) >>> 0;
    mixed = (mixed ^ (mixed >>> 15)) >>> 0;
    mixed = Math.imul(mixed, 2246822519) >>> 0;
    mixed = (mixed ^ (mixed >>> 13)) >>> 0;
    return mixed / 2 ** 31 - 1;
  });
}

const f = Math.fround;

function formulaWeight(stream: number, name: string, shape: number[]): Float32Array {
  const u = formula(
    stream,
    shape.reduce((product, n) => product * n, 1),
  );
  const fanIn = shape.slice(0, -1).reduce((product, n) => product * n, 1);
  if (name === 'kernel') return u.map((v) => v * f(Math.sqrt(6 / fanIn)));
  if (name === 'gamma') return u.map((v) => 1 + f(f(0.2) * v));
  if (name === 'moving_variance') return u.map((v) => 1 + f(f(0.3) * v));
  return u.map((v) => f(0.1) * v);
}

/** Gives a model the formula's weights, layer by layer in Keras's order. */
export function setWeights(model: tf.LayersModel, kerasCase: KerasCase): void {
  let stream = 1;
  model.layers.forEach((layer, l) => {
    const values = kerasCase.layers[l].weights.map(({ name, shape }) =>
      tf.tensor(formulaWeight(stream++, name, shape), shape),
    );
    layer.setWeights(values);
    tf.dispose(values);
  });
}

/** The case's inputs and targets. */
export function inputsAndTargets({ inputShape, batch, loss, layers }: KerasCase): { x: tf.Tensor4D; y: tf.Tensor } {
  const count = batch * inputShape.reduce((product, n) => product * n, 1);
  const x = tf.tensor4d(
    formula(1001, count).map((v) => v * 0.5 + 0.5),
    [batch, ...inputShape],
  );
  const outputShape = [batch, ...(layers[layers.length - 1].outputShape.slice(1) as number[])];
  if (loss === 'meanSquaredError') {
    return {
      x,
      y: tf.tensor(
        formula(
          1002,
          outputShape.reduce((product, n) => product * n, 1),
        ),
        outputShape,
      ),
    };
  }
  const classes = outputShape[1];
  const labels = Array.from({ length: batch }, (_, i) => (3 * i + 1) % classes);
  return { x, y: tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat() };
}
