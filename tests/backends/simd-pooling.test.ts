// Pooling on the simd backend, and its gradients, against TensorFlow.js's own cpu backend.
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tf } from 'resnet-lab';
import { assertSameAsCpu } from '../helpers/compare-backends';
import { anyPadding } from '../helpers/convolutions';
import { channels, seed, shapes, upTo } from '../helpers/shapes';

const images = fc.oneof(shapes(4, 4), fc.tuple(upTo(3), upTo(11), upTo(11), channels));
const cases = fc
  .record({
    shape: images as fc.Arbitrary<[number, number, number, number]>,
    window: fc.tuple(upTo(4), upTo(4)),
    strides: fc.tuple(upTo(3), upTo(3)),
    pad: anyPadding,
    /** Many zeros as after relu, so that several pixels of a window share the maximum. */
    ties: fc.boolean(),
    seed,
  })
  .filter(({ shape, window, strides, pad }) => {
    const info = tf.backend_util.computePool2DInfo(shape, window, strides, 1, pad);
    const { top, left } = info.padInfo;
    const last = [(info.outHeight - 1) * strides[0] - top, (info.outWidth - 1) * strides[1] - left];
    // There is no maximum and no average where a window lies wholly in the padding.
    const onImage = top < window[0] && left < window[1] && last[0] < info.inHeight && last[1] < info.inWidth;
    return info.outHeight > 0 && info.outWidth > 0 && onImage;
  });

for (const [name, pool] of Object.entries({ maxPool: tf.maxPool, avgPool: tf.avgPool })) {
  describe(`${name} on simd`, () => {
    it("equals cpu's, as does its gradient, for any window, stride and padding", () =>
      fc.assert(
        fc.asyncProperty(cases, (c) =>
          assertSameAsCpu(
            (draw) => {
              const drawn = draw<tf.Rank.R4>(c.shape);
              const x = c.ties ? tf.relu(drawn) : drawn;
              const forward = (a: tf.Tensor4D) => pool(a, c.window, c.strides, c.pad);
              const output = forward(x);
              return { output, gradient: tf.grad((a) => forward(a as tf.Tensor4D))(x, draw(output.shape)) };
            },
            { seed: c.seed, terms: { gradient: c.window[0] * c.window[1] } },
          ),
        ),
        { numRuns: 120 },
      ));

    it('takes a single image without a batch', () =>
      assertSameAsCpu((draw) => ({ output: pool(draw<tf.Rank.R3>([5, 5, 3]), 2, 2, 'same') }), { seed: 1 }));
  });
}
