// With the same seed and the same number of threads, training on simd gives the same weights, bit for bit: in another
// process, and again in the same one, whichever thread did what.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runScript } from '../helpers/child';

/** Trains a ResNet with everything that is random, and prints a hash of its weights and of the history. */
const TRAINING = `
  const { createHash } = require('node:crypto');
  await lab.useBackend('simd');
  const { train } = await lab.loadEmoji10();
  for (const seed of SEEDS) {
    lab.setRandomSeed(seed);
    const features = lab.resnetV1([32, 32, 3], 8);
    const dropped = tf.layers.dropout({ rate: 0.2 }).apply(features.layers.at(-2).output);
    const outputs = tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer: tf.initializers.glorotUniform({ seed }) }).apply(dropped);
    const model = tf.model({ inputs: features.inputs, outputs });
    const options = { epochs: 2, batchSize: 20, augment: true, validation: 0.2 };
    const history = await lab.fit(model, lab.takeImages(train, 128), options);
    const hash = createHash('sha256').update(JSON.stringify(history));
    for (const weight of model.getWeights()) hash.update(new Uint8Array(weight.dataSync().buffer));
    console.log(hash.digest('hex'));
  }`;

async function hashes(threads: number, seeds: number[]): Promise<string[]> {
  const script = TRAINING.replace('SEEDS', JSON.stringify(seeds));
  const { code, stdout, stderr } = await runScript(script, { threads: `${threads}` });
  assert.deepEqual([code, stderr], [0, '']);
  return stdout.trim().split('\n');
}

describe('training on simd', () => {
  for (const threads of [1, 2, 3]) {
    it(`repeats exactly with ${threads} ${threads === 1 ? 'thread' : 'threads'}`, async () => {
      const [first, other, again] = await hashes(threads, [7, 8, 7]);
      assert.match(first, /^[0-9a-f]{64}$/);
      assert.equal(again, first, 'in the same process');
      assert.notEqual(other, first, 'with another seed');
      assert.deepEqual(await hashes(threads, [7]), [first], 'in another process');
    });
  }
});
