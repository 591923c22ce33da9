import { type Group, loadLibrary } from './library';

/** A file that is being made. Paths have slashes; the groups on the way are made where they are missing. */
export interface Hdf5Writer {
  group(path: string): void;
  string(path: string, attribute: string, value: string): void;
  strings(path: string, attribute: string, values: readonly string[]): void;
  numbers(path: string, values: Float32Array, shape: readonly number[]): void;
}

const NAME = 'made.h5';

/** The bytes of an HDF5 file that `build` fills. */
export async function writeHdf5(build: (file: Hdf5Writer) => void): Promise<Uint8Array> {
  const { File, FS } = await loadLibrary();
  try {
    const file = new File(`/${NAME}`, 'w');
    try {
      build(writer(file));
    } finally {
      file.close();
    }
    return FS.readFile(`/${NAME}`);
  } finally {
    FS.unlink(`/${NAME}`);
  }
}

function writer(file: Group): Hdf5Writer {
  const groups = new Map<string, Group>([['', file]]);
  const group = (path: string): Group => {
    const [parent, name] = split(path);
    const found = groups.get(path) ?? group(parent).create_group(name);
    groups.set(path, found);
    return found;
  };
  return {
    group,
    string: (path, attribute, value) => group(path).create_attribute(attribute, value, []),
    strings: (path, attribute, values) => {
      // Like Keras, an empty list is one of no numbers: a list of strings has at least one.
      group(path).create_attribute(attribute, values.length > 0 ? [...values] : new Float64Array(), [values.length]);
    },
    numbers: (path, data, shape) => {
      const [parent, name] = split(path);
      group(parent).create_dataset({ name, data, shape: [...shape] });
    },
  };
}

/** The path of the group, and the name in it. */
function split(path: string): [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
}
