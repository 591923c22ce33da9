import type { Preprocess } from '../../data/preprocess';
import { DataError } from '../../errors';
import { type Hdf5Reader, show } from '../../files/hdf5/read';
import type { Hdf5Writer } from '../../files/hdf5/write';
import { sizeOf } from '../../shapes';

/** Where a weight file holds what Keras has no place for: how bytes become the model's input. Keras reads past it. */
const GROUP = 'resnet-lab';
const ATTRIBUTE = 'preprocess';
const SHAPE = 'shape';
const MEAN = `${GROUP}/mean`;
/** More than any network for images takes. */
const MOST_PIXELS = 2 ** 24;

export function writePreprocess(file: Hdf5Writer, preprocess: Preprocess): void {
  file.string(GROUP, ATTRIBUTE, preprocess.kind);
  if (preprocess.kind !== 'pixelMean') return;
  file.strings(GROUP, SHAPE, preprocess.shape.map(String));
  file.numbers(MEAN, Float32Array.from(preprocess.mean), preprocess.shape);
}

/** Undefined when the file holds none, as those that Keras writes. */
export function readPreprocess(file: Hdf5Reader): Preprocess | undefined {
  const kind = file.has(GROUP) ? file.strings(GROUP, ATTRIBUTE)?.[0] : undefined;
  switch (kind) {
    case undefined:
      return undefined;
    case 'scale':
    case 'caffe':
      return { kind };
    case 'pixelMean': {
      const shape = (file.strings(GROUP, SHAPE) ?? []).map(Number);
      const isImage = shape.length === 3 && shape.every((length) => Number.isInteger(length) && length > 0);
      if (!isImage || sizeOf(shape) > MOST_PIXELS) {
        throw new DataError(
          `the mean of its preprocessing should be of an image, and is of shape [${show(shape.join())}]`,
        );
      }
      const mean = Array.from(file.numbers(MEAN, shape), (value) => Number(value.toPrecision(9))); // exact, as it was made
      return { kind, shape, mean };
    }
    default:
      throw new DataError(`its preprocessing should be scale, caffe or pixelMean, and is ${show(kind)}`);
  }
}
