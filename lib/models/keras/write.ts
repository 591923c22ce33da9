import type { Preprocess } from '../../data/preprocess';
import type { Hdf5Writer } from '../../files/hdf5/write';
import type { Division, LayerWeights } from './layers';
import { writePreprocess } from './preprocess';

/** The weights of a whole model, and where to. */
export interface WrittenWeights {
  format: Division;
  name: string;
  layers: LayerWeights[];
  /** For each layer its weights. */
  values: Float32Array[][];
  preprocess?: Preprocess;
}

/** HDF5 keeps an attribute of at most 64 KB; a string in it takes 16 bytes. Longer lists are kept in parts. */
const MOST_STRINGS = 4000;

export function writeWeights(file: Hdf5Writer, weights: WrittenWeights): void {
  if (weights.format === 'layers') writeKeras2(file, weights);
  else writeKeras3(file, weights);
  if (weights.preprocess) writePreprocess(file, weights.preprocess);
}

/** As Keras 2's `save_weights` writes a `.h5` file. */
function writeKeras2(file: Hdf5Writer, { layers, values }: WrittenWeights): void {
  stringList(
    file,
    '',
    'layer_names',
    layers.map(({ name }) => name),
  );
  file.string('', 'backend', 'tensorflow');
  file.string('', 'keras_version', '2.15.0'); // the last Keras whose format this is
  for (const [i, { name, weights }] of layers.entries()) {
    file.group(name);
    const names = weights.map((weight) => `${weight.name}:0`);
    stringList(file, name, 'weight_names', names);
    for (const [j, { shape }] of weights.entries()) file.numbers(`${name}/${names[j]}`, values[i][j], shape);
  }
}

/** As Keras 3's `save_weights` writes a `.weights.h5` file (saving_lib.py, `H5IOStore`). */
function writeKeras3(file: Hdf5Writer, { name: model, layers, values }: WrittenWeights): void {
  file.string('vars', 'name', model);
  for (const [i, { name, path, weights }] of layers.entries()) {
    file.string(`${path}/vars`, 'name', name);
    for (const [j, { shape }] of weights.entries()) file.numbers(`${path}/vars/${j}`, values[i][j], shape);
  }
}

function stringList(file: Hdf5Writer, path: string, name: string, values: string[]): void {
  if (values.length <= MOST_STRINGS) {
    file.strings(path, name, values);
    return;
  }
  for (let part = 0; part * MOST_STRINGS < values.length; part++) {
    file.strings(path, `${name}${part}`, values.slice(part * MOST_STRINGS, (part + 1) * MOST_STRINGS));
  }
}
