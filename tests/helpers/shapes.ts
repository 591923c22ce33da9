import fc from 'fast-check';

export const seed = fc.integer({ min: 1, max: 1000 });
export const upTo = (max: number) => fc.integer({ min: 1, max });

/** The numbers in a tensor of this shape. */
export const size = (shape: number[]) => shape.reduce((product, n) => product * n, 1);

/** Mostly small and odd, some as wide as the layers of a network. */
export const channels = fc.oneof({ weight: 2, arbitrary: upTo(9) }, { weight: 1, arbitrary: fc.constantFrom(16, 32) });

/** Large enough to be shared out among threads, and not a multiple of what they would share out evenly. */
const LARGE = [
  [4, 32, 32, 16],
  [129, 501],
  [19, 7, 7, 64],
];

/** Shapes of any rank in a range: most hold a few numbers, some too many for one thread. */
export function shapes(minLength: number, maxLength: number): fc.Arbitrary<number[]> {
  const small = fc.array(channels, { minLength, maxLength }).filter((shape) => size(shape) <= 10_000);
  const large = fc.constantFrom(...LARGE.filter(({ length }) => length >= minLength && length <= maxLength));
  return fc.oneof({ weight: 29, arbitrary: small }, { weight: 1, arbitrary: large });
}
