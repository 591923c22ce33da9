// The builders against real Keras 3, on the backend that learners get; tests/backends/every-backend.slow.ts has all others.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { resnetV1, useBackend } from 'resnet-lab';
import { describeAgainstKeras, KERAS_CASES } from '../helpers/keras-cases';
import { readJson } from '../helpers/vectors';

before(() => useBackend());

for (const name of KERAS_CASES) describeAgainstKeras(name);

describe('resnetV1', () => {
  it('has as many parameters as in Keras at every depth', () => {
    const counts = readJson<Record<string, { total: number; trainable: number; layers: number }>>('parameter-counts');
    for (const [depth, expected] of Object.entries(counts)) {
      const model = resnetV1([32, 32, 3], Number(depth));
      const trainable = model.trainableWeights.reduce(
        (sum, weight) => sum + weight.shape.reduce<number>((n, d) => n * (d ?? 1), 1),
        0,
      );
      assert.deepEqual(
        { total: model.countParams(), trainable, layers: model.layers.length },
        expected,
        `depth ${depth}`,
      );
      model.dispose();
    }
  });
});
