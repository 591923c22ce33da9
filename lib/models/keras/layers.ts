import type { tf } from '../../tf';

/** The weights of a layer, in Keras's order. */
export interface LayerWeights {
  /** The layer's name. */
  name: string;
  /** Where Keras 3 keeps it: `layers/conv2d_1`, and `layers/functional/layers/conv2d` for a model within the model. */
  path: string;
  /** Their names begin with that of the layer they belong to: `conv2d_1/kernel`. */
  weights: { name: string; shape: number[] }[];
}

/** The layers of a model in two divisions, as plain data that a thread can be sent. */
export interface ModelWeights {
  /** Keras 2's: the model's own layers, of which one may be a whole model. */
  layers: LayerWeights[];
  /** Keras 3's: models within the model are divided further. */
  leaves: LayerWeights[];
}

export type Division = keyof ModelWeights;
export type Variable = tf.layers.Layer['weights'][number];

interface Placed {
  layer: tf.layers.Layer;
  path: string;
}

/** What the weights are called and how large they are. */
export function describeWeights(model: tf.LayersModel): ModelWeights {
  const leaves = divide(model, 'leaves');
  const owners = new Map(leaves.flatMap(({ layer }) => layer.weights.map((weight) => [weight, layer.name])));
  const describe = ({ layer, path }: Placed): LayerWeights => ({
    name: layer.name,
    path,
    weights: layer.weights.map((weight) => ({
      name: `${owners.get(weight)}/${weight.originalName.split('/').at(-1)}`,
      shape: weight.shape as number[],
    })),
  });
  return { layers: divide(model, 'layers').map(describe), leaves: leaves.map(describe) };
}

/** The weights themselves, in the order of `describeWeights`. */
export function variablesOf(model: tf.LayersModel, division: Division): Variable[][] {
  return divide(model, division).map(({ layer }) => layer.weights);
}

function divide(model: tf.LayersModel, division: Division, prefix = ''): Placed[] {
  const counts = new Map<string, number>();
  return model.layers.flatMap((layer) => {
    // Keras 3 counts the layers of each class (saving_lib.py, `_save_container_state`).
    const name = snakeCase(isModel(layer) ? modelClass(layer) : layer.getClassName());
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const path = `${prefix}layers/${count === 0 ? name : `${name}_${count}`}`;
    return isModel(layer) && division === 'leaves' ? divide(layer, division, `${path}/`) : [{ layer, path }];
  });
}

const isModel = (layer: tf.layers.Layer): layer is tf.LayersModel => Array.isArray((layer as tf.LayersModel).layers);

const modelClass = (model: tf.LayersModel) => (model.getClassName() === 'Sequential' ? 'Sequential' : 'Functional');

/** Keras's naming.py, `to_snake_case`. */
const snakeCase = (name: string) =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
