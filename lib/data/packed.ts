import ndarray, { type NdArray } from 'ndarray';
import ops from 'ndarray-ops';

/** The images' bytes in [N, height, width, channels] order without gaps: no copy unless the ndarray is a sparse view. */
export function packedBytes(images: NdArray<Uint8Array>): Uint8Array {
  const size = images.shape.reduce((product, length) => product * length, 1);
  let expected = 1;
  let packed = true;
  for (let axis = images.shape.length - 1; axis >= 0; axis--) {
    packed &&= images.stride[axis] === expected || images.shape[axis] === 1;
    expected *= images.shape[axis];
  }
  if (packed) return images.data.subarray(images.offset, images.offset + size);
  const copy = ndarray(new Uint8Array(size), images.shape);
  ops.assign(copy, images);
  return copy.data;
}
