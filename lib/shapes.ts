/** How many numbers a tensor, or an image, of this shape has. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
