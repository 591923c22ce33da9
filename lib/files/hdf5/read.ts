import { DataError, reason } from '../../errors';
import { sizeOf } from '../../shapes';
import { type Dataset, type Entity, type File, type Group, loadLibrary } from './library';

/** What a weight file may ask for before it is taken for something else. */
const MOST_NAMES = 100_000;
const MOST_NAME_BYTES = 1 << 14;
/** HDF5's own filters; others are plug-ins. */
const FILTERS = new Map([
  [1, 'gzip'],
  [2, 'shuffle'],
  [3, 'fletcher32'],
]);
/** Classes of types: H5T_FLOAT and H5T_STRING. */
const [FLOAT, STRING] = [1, 3];
/** Numbers that are read at once. */
const PIECE = 1 << 22;
/** Small datasets that may grow are kept in pieces larger than themselves. */
const MOST_CHUNK_BYTES = 1 << 24;
const NAME = 'read.h5';

/** A file that is open for reading. Paths are relative to `root`, with slashes. */
export interface Hdf5Reader {
  /** Whether a group or dataset is there. */
  has(path: string): boolean;
  /** The names in a group. */
  names(path: string): string[];
  /** The strings of a group's attribute; undefined when there is none. */
  strings(path: string, attribute: string): string[] | undefined;
  /** A dataset of numbers of that shape. */
  numbers(path: string, shape: readonly number[]): Float32Array;
}

/**
 * Opens an HDF5 file that nobody has checked. Whatever it refers to, nothing outside can be reached. Links to other
 * places, data kept elsewhere and filters that libhdf5 does not have are refused, and nothing is allocated for more numbers
 * than are expected.
 *
 * Every reading throws a DataError that says in half a sentence what is wrong.
 */
export async function readHdf5<T>(bytes: Uint8Array, read: (file: Hdf5Reader) => T): Promise<T> {
  const { File, FS } = await loadLibrary();
  FS.createDataFile('/', NAME, bytes, true, false, true); // the bytes themselves, no copy
  try {
    const file = guarded('it is no HDF5 file, or its beginning is damaged', () => new File(`/${NAME}`, 'r'));
    try {
      return read(reader(file));
    } finally {
      file.close();
    }
  } finally {
    FS.unlink(`/${NAME}`);
  }
}

function reader(file: File): Hdf5Reader {
  return {
    has: (path) => find(file, path) !== undefined,
    names: (path) => guarded(`the names in ${path || 'it'} can't be read`, () => group(file, path).keys()),
    strings: (path, attribute) => strings(group(file, path), path, attribute),
    numbers: (path, shape) => numbers(dataset(file, path), path, shape),
  };
}

/** Goes down name by name: each must be of the file itself, not a link to elsewhere. */
function find(file: File, path: string): Entity | undefined {
  let found: Entity = file;
  let place = '';
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (name === '.' || name === '..' || !isGroup(found)) return undefined;
    const parent: Group = found;
    place += `/${name}`;
    const next = guarded(`${show(path)} can't be read`, () => {
      if (!parent.keys().includes(name)) return undefined;
      if (file.get_link(place) || file.get_external_link(place).filename) {
        throw new DataError(`${show(path)} is a link to another place, which is not followed`);
      }
      return file.get(place) ?? undefined;
    });
    if (next === undefined) return undefined;
    found = next;
  }
  return found;
}

const isGroup = (entity: Entity): entity is Group => 'keys' in entity;
const isDataset = (entity: Entity): entity is Dataset => 'slice' in entity;

function group(file: File, path: string): Group {
  const found = find(file, path);
  if (found === undefined) throw new DataError(`it lacks the group ${show(path)}`);
  if (!isGroup(found)) throw new DataError(`${show(path)} should be a group`);
  return found;
}

function dataset(file: File, path: string): Dataset {
  const found = find(file, path);
  if (found === undefined) throw new DataError(`it lacks ${show(path)}`);
  if (!isDataset(found)) throw new DataError(`${show(path)} should be a dataset`);
  return found;
}

function strings(from: Group, path: string, name: string): string[] | undefined {
  const what = `the attribute ${name} of ${path ? show(path) : 'the file'}`;
  return guarded(`${what} can't be read`, () => {
    if (!Object.keys(from.attrs).includes(name)) return undefined;
    const attribute = from.attrs[name];
    const { shape, type, size, total_size } = attribute.metadata;
    if (total_size === 0) return []; // Keras writes an empty list as one of numbers
    if (type !== STRING) throw new DataError(`${what} should be strings`);
    if (total_size > MOST_NAMES || size > MOST_NAME_BYTES) {
      throw new DataError(`${what} is said to have ${total_size} strings of ${size} bytes`);
    }
    const value = attribute.value as string | string[];
    return shape?.length === 0 || typeof value === 'string' ? [value as string] : value;
  });
}

function numbers(from: Dataset, path: string, expected: readonly number[]): Float32Array {
  const { metadata, filters } = guarded(`${show(path)} can't be read`, () => ({
    metadata: from.metadata,
    filters: from.filters,
  }));
  const { type, size, shape, chunks, virtual_sources } = metadata;
  if (shape?.join() !== expected.join()) {
    throw new DataError(`${show(path)} has the shape [${shape}] instead of [${expected}]`);
  }
  if (type !== FLOAT || (size !== 4 && size !== 8)) {
    throw new DataError(`${show(path)} should hold floating-point numbers of 32 or 64 bits`);
  }
  if (virtual_sources?.length) throw new DataError(`${show(path)} is kept in another file, which is not opened`);
  const unknown = filters.find(({ id }) => !FILTERS.has(id));
  if (unknown) {
    throw new DataError(
      `${show(path)} is packed with ${show(unknown.name || `filter ${unknown.id}`)}, and ${[...FILTERS.values()].join(', ')} can be read`,
    );
  }
  const bytes = sizeOf(expected) * size;
  if (chunks && sizeOf(chunks) * size > Math.max(bytes, MOST_CHUNK_BYTES)) {
    throw new DataError(`${show(path)} is said to be in pieces of [${chunks}], larger than itself`);
  }
  return guarded(`${show(path)} is damaged, or kept in another file`, () => inPieces(from, expected));
}

/** WebAssembly's memory never shrinks: large datasets are copied out of it in pieces. */
function inPieces(from: Dataset, shape: readonly number[]): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (shape.length === 0) values[0] = Number(from.value);
  const row = sizeOf(shape.slice(1));
  const rows = Math.max(1, Math.floor(PIECE / row));
  for (let first = 0; first < (shape[0] ?? 0); first += rows) {
    const rest = shape.slice(1).map((): [] => []);
    values.set(from.slice([[first, Math.min(first + rows, shape[0])], ...rest]) as Float32Array, first * row);
  }
  return values;
}

/** Names from the file, in messages: short, and in one line. */
export function show(name: string): string {
  const inLine = name.replace(/^\/+/, '').replace(/[^\x20-\x7e]/g, '?');
  return inLine.length > 80 ? `${inLine.slice(0, 80)}…` : inLine;
}

/** libhdf5 explains itself at length; whoever wants to use the file is told what could not be done. */
function guarded<T>(problem: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DataError) throw error;
    const last = reason(error)
      .trim()
      .split('\n')
      .filter((line) => line.includes('#'))
      .at(-1);
    const detail = last?.split('): ').at(-1);
    throw new DataError(detail ? `${problem} (${show(detail)})` : problem);
  }
}
