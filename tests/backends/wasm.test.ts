// The wasm backend's composed gradients against TensorFlow.js's own cpu backend.
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assertSameAsCpu, type Draw } from '../helpers/compare-backends';
import { convolutions, namedPadding, outputAndGradients, terms } from '../helpers/convolutions';

describe('gradients of a convolution on wasm', () => {
  it("equal cpu's for any filter, stride and padding", async () => {
    await fc.assert(
      fc.asyncProperty(convolutions(namedPadding), (c) => {
        const gradients = (draw: Draw) => {
          const { input, filter } = outputAndGradients(c, draw);
          return { input, filter };
        };
        return assertSameAsCpu(gradients, { seed: c.seed, terms: terms(c), backend: 'wasm' });
      }),
      { numRuns: 150 },
    );
  });
});
