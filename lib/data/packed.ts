import ndarray, { type NdArray } from 'ndarray';
import ops from 'ndarray-ops';
import { sizeOf } from '../shapes';

/** The images' numbers in [N, height, width, channels] order without gaps: no copy unless the ndarray is a sparse view. */
export function packedValues<Values extends Uint8Array | Float32Array>(images: NdArray<Values>): Values {
  const size = sizeOf(images.shape);
  let expected = 1;
  let packed = true;
  for (let axis = images.shape.length - 1; axis >= 0; axis--) {
    packed &&= images.stride[axis] === expected || images.shape[axis] === 1;
    expected *= images.shape[axis];
  }
  if (packed) return images.data.subarray(images.offset, images.offset + size) as Values;
  const copy = ndarray(emptyLike(images.data, size), images.shape);
  ops.assign(copy, images);
  return copy.data;
}

/** An array of the same type. */
export const emptyLike = <Values extends Uint8Array | Float32Array>(values: Values, length: number): Values =>
  new (values.constructor as new (count: number) => Values)(length);
