import type { Preprocess } from '../../data/preprocess';
import { DataError } from '../../errors';
import { type Hdf5Reader, show } from '../../files/hdf5/read';
import type { Division, LayerWeights, ModelWeights } from './layers';
import { readPreprocess } from './preprocess';

/** Values for the layers of a division, each with its weights. */
export interface ReadWeights {
  division: Division;
  values: Float32Array[][];
  /** What `saveKerasWeights` adds. */
  preprocess?: Preprocess;
}

/**
 * Reads the weights that a model needs from a file of Keras 2 (`.h5`, weights alone or the whole model) or Keras 3
 * (`.weights.h5`); which it is, its contents tell.
 *
 * @throws DataError that says in half a sentence what is wrong.
 */
export function readWeights(file: Hdf5Reader, model: ModelWeights): ReadWeights {
  return { ...readValues(file, model), preprocess: readPreprocess(file) };
}

function readValues(file: Hdf5Reader, { layers, leaves }: ModelWeights): ReadWeights {
  const root = file.has('model_weights') ? 'model_weights' : '';
  const names = stringList(file, root, 'layer_names');
  if (names !== undefined) return { division: 'layers', values: readByOrder(file, root, names, layers) };
  for (const folder of ['layers', '_layer_checkpoint_dependencies']) {
    if (file.has(folder)) return { division: 'leaves', values: readByPath(file, folder, leaves) };
  }
  const has = show(file.names('').slice(0, 5).join(', ')) || 'nothing';
  throw new DataError(`it holds ${has}, and neither the layer_names of Keras 2 nor the layers of Keras 3`);
}

/** Keras 2 keeps layers under their names. Those that nobody has given differ from run to run, and their order counts. */
function readByOrder(file: Hdf5Reader, root: string, names: string[], layers: LayerWeights[]): Float32Array[][] {
  const saved = names
    .map((name) => ({
      name,
      path: `${root}/${name}`,
      weights: stringList(file, `${root}/${name}`, 'weight_names') ?? [],
    }))
    .filter(({ weights }) => weights.length > 0);
  const wanted = layers.filter(({ weights }) => weights.length > 0);
  const places = new Map(saved.map((layer) => [layer.name, layer]));
  const isNamed = wanted.every(({ name }) => places.has(name));
  for (const [i, layer] of wanted.entries()) {
    const found = isNamed ? places.get(layer.name) : saved[i];
    if (found === undefined || !mayBe(found.name, layer)) {
      throw new DataError(
        `layer ${i + 1} with weights is ${found ? show(found.name) : 'missing'} instead of ${layer.name}`,
      );
    }
    places.set(layer.name, found);
  }
  if (saved.length > wanted.length) {
    throw new DataError(`it has ${saved.length} layers with weights, and the model has ${wanted.length}`);
  }
  return layers.map((layer) => {
    if (layer.weights.length === 0) return [];
    const { path, weights } = places.get(layer.name) as (typeof saved)[0];
    checkCount(layer, weights.length);
    return weights.map((name, i) => file.numbers(`${path}/${name}`, layer.weights[i].shape));
  });
}

/** Keras 3 keeps layers under their class and a number, and weights under numbers. */
function readByPath(file: Hdf5Reader, folder: string, leaves: LayerWeights[]): Float32Array[][] {
  return leaves.map((layer) => {
    if (layer.weights.length === 0) return [];
    const path = `${layer.path.replaceAll('layers/', `${folder}/`)}/vars`;
    if (!file.has(path)) throw new DataError(`it lacks ${path}, the weights of the layer ${layer.name}`);
    checkCount(layer, file.names(path).length);
    return layer.weights.map(({ shape }, i) => file.numbers(`${path}/${i}`, shape));
  });
}

function checkCount({ name, weights }: LayerWeights, count: number): void {
  if (count !== weights.length) {
    throw new DataError(`it has ${count} weights for the layer ${name}, which has ${weights.length}`);
  }
}

/** Long lists are kept in parts: layer_names0, layer_names1, … */
function stringList(file: Hdf5Reader, path: string, name: string): string[] | undefined {
  const whole = file.strings(path, name);
  if (whole !== undefined) return whole;
  const parts: string[][] = [];
  for (let part = file.strings(path, `${name}0`); part; part = file.strings(path, `${name}${parts.length}`)) {
    parts.push(part);
  }
  return parts.length > 0 ? parts.flat() : undefined;
}

/** Whether a layer of the file may be this one: not when somebody gave them different names. */
function mayBe(saved: string, { name, path }: LayerWeights): boolean {
  const kind = path.split('/').at(-1)?.replace(/_\d+$/, '');
  // `conv2d` and `conv2d_7` are Keras's own names, `conv2d_Conv2D7` and `model7` TensorFlow.js's.
  const made = new RegExp(`^${kind === 'functional' ? '(functional|model)' : kind}(_?([A-Z]\\w*)?\\d+)?$`);
  return saved === name || made.test(name) || made.test(saved);
}
