import fc from 'fast-check';
import { tf } from 'resnet-lab';
import type { Draw } from './compare-backends';
import { seed, upTo } from './shapes';

type Range = [number, number];
export type Padding = 'same' | 'valid' | number | [Range, Range, Range, Range];

export interface Convolution {
  batch: number;
  size: Range;
  channels: Range;
  filter: Range;
  strides: Range;
  pad: Padding;
  seed: number;
}

export const namedPadding = fc.constantFrom<Padding>('same', 'valid');
const side = fc.tuple(fc.nat(3), fc.nat(3));
/** Every kind: one number for all sides, or a number for each of top, bottom, left and right. */
export const anyPadding = fc.oneof(
  namedPadding,
  fc.nat(3),
  fc.tuple(side, side).map(([height, width]): Padding => [[0, 0], height, width, [0, 0]]),
);

const info = ({ batch, size, channels, filter, strides, pad }: Convolution, dilations: Range = [1, 1]) =>
  tf.backend_util.computeConv2DInfo([batch, ...size, channels[0]], [...filter, ...channels], strides, dilations, pad);

/** Whether the filter reaches some output pixel. */
export const fits = (c: Convolution, dilations?: Range) =>
  info(c, dilations).outHeight > 0 && info(c, dilations).outWidth > 0;

/** Convolutions of every shape: small and odd images, filters that are not square, any stride. */
export const convolutions = (pad: fc.Arbitrary<Padding>): fc.Arbitrary<Convolution> =>
  fc
    .record({
      batch: upTo(3),
      size: fc.tuple(upTo(11), upTo(11)),
      channels: fc.tuple(upTo(9), upTo(9)),
      filter: fc.tuple(upTo(5), upTo(5)),
      strides: fc.tuple(upTo(3), upTo(3)),
      pad,
      seed,
    })
    .filter((c) => fits(c));

const products = (c: Convolution) => terms(c).output * terms(c).filter * c.channels[1];

const wide = fc.oneof(fc.constantFrom(16, 32, 64), upTo(20));

/** The convolutions of residual networks and their neighbours: 3×3 or 1×1 at stride 1 or 2, with many channels. */
export const wideConvolutions: fc.Arbitrary<Convolution> = fc
  .record({
    batch: upTo(3),
    size: fc.tuple(upTo(18), upTo(18)),
    channels: fc.tuple(wide, wide),
    filter: fc.constantFrom<Range>([3, 3], [3, 3], [3, 3], [1, 1]),
    strides: fc.constantFrom<Range>([1, 1], [1, 1], [1, 1], [2, 2]),
    pad: fc.oneof({ weight: 3, arbitrary: fc.constant<Padding>('same') }, { weight: 2, arbitrary: anyPadding }),
    seed,
  })
  .filter((c) => fits(c) && products(c) <= 5e6); // cpu makes some 50 million products a second

/** The terms of the sums behind the results of `outputAndGradients`. */
export function terms(c: Convolution) {
  const { outHeight, outWidth, filterHeight, filterWidth } = info(c);
  const [output, input] = c.channels.map((channels) => channels * filterHeight * filterWidth);
  const filter = c.batch * outHeight * outWidth;
  return { output, input, filter, bias: filter };
}

export const inputAndFilter = (c: Convolution, draw: Draw, spoiled = false) => ({
  x: draw<tf.Rank.R4>([c.batch, ...c.size, c.channels[0]], spoiled),
  filter: draw<tf.Rank.R4>([...c.filter, ...c.channels], spoiled),
});

/** A convolution's output and its gradients for input and filter. */
export function outputAndGradients(c: Convolution, draw: Draw, spoiled = false): Record<string, tf.Tensor> {
  const { x, filter } = inputAndFilter(c, draw, spoiled);
  const forward = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, c.strides, c.pad);
  const output = forward(x, filter);
  const [input, weights] = tf.grads(forward)([x, filter], draw(output.shape, spoiled));
  return { output, input, filter: weights };
}
