// The wasm backend's composed gradients against TensorFlow.js's own cpu backend.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tf, useBackend } from 'resnet-lab';

const size = (max: number) => fc.integer({ min: 1, max });
const convolution = fc
  .record({
    batch: size(3),
    height: size(11),
    width: size(11),
    inChannels: size(5),
    outChannels: size(5),
    filterHeight: size(5),
    filterWidth: size(5),
    strideHeight: size(3),
    strideWidth: size(3),
    pad: fc.constantFrom('same' as const, 'valid' as const),
    seed: fc.integer({ min: 1, max: 1000 }), // TensorFlow.js takes 0 for no seed
  })
  .filter((c) => c.pad === 'same' || (c.height >= c.filterHeight && c.width >= c.filterWidth));

type Convolution = typeof convolution extends fc.Arbitrary<infer T> ? T : never;

/** Gradients of a convolution for its input and its filter on the backend in use. */
function gradients(c: Convolution): number[][] {
  return tf.tidy(() => {
    const x = tf.randomNormal<tf.Rank.R4>([c.batch, c.height, c.width, c.inChannels], 0, 1, 'float32', c.seed);
    const filter = tf.randomNormal<tf.Rank.R4>(
      [c.filterHeight, c.filterWidth, c.inChannels, c.outChannels],
      0,
      1,
      'float32',
      c.seed + 1,
    );
    const forward = (a: tf.Tensor, b: tf.Tensor) =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [c.strideHeight, c.strideWidth], c.pad);
    const dy = tf.randomNormal(forward(x, filter).shape, 0, 1, 'float32', c.seed + 2);
    return tf
      .grads(forward)([x, filter], dy)
      .map((gradient) => [...gradient.dataSync()]);
  });
}

describe('gradients of a convolution on wasm', () => {
  it("equal cpu's for any filter, stride and padding", async () => {
    await fc.assert(
      fc.asyncProperty(convolution, async (c) => {
        await useBackend('cpu');
        const expected = gradients(c);
        await useBackend('wasm');
        const received = gradients(c);
        expected.forEach((values, which) => {
          values.forEach((v, i) => {
            const difference = Math.abs(received[which][i] - v);
            assert.ok(
              difference <= 1e-4 * (1 + Math.abs(v)),
              `${which === 0 ? 'input' : 'filter'} at ${i}: ${received[which][i]}, cpu ${v}`,
            );
          });
        });
      }),
      { numRuns: 150 },
    );
  });
});
