// One table: whatever loads here computes what real Keras computes, and learns.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import {
  adam,
  type BackendName,
  fit,
  loadDataset,
  resnetV1,
  setRandomSeed,
  sgd,
  takeImages,
  tf,
  useBackend,
} from 'resnet-lab';
import { describeAgainstKeras, KERAS_CASES } from '../helpers/keras-cases';

const isSoftware = () => process.env.RESNET_GPU === 'software';
const LAYERS = KERAS_CASES.filter((name) => name.startsWith('layer'));

/** What a backend can compute in a minute: `cpu`, and `webgpu` on a software adapter, are far too slow for ResNet-20. */
const backends = (): { name: BackendName; cases: string[]; images: number }[] => [
  { name: 'simd', cases: KERAS_CASES, images: 256 },
  { name: 'tensorflow', cases: KERAS_CASES, images: 256 },
  { name: 'webgpu', cases: isSoftware() ? [...LAYERS, 'resnet8'] : KERAS_CASES, images: 4 },
  { name: 'wasm', cases: KERAS_CASES, images: 64 },
  { name: 'cpu', cases: LAYERS, images: 1 },
];

/** Sets RESNET_GPU for the whole file: to a software adapter where the machine has no GPU. */
async function findGpu(): Promise<void> {
  delete process.env.RESNET_GPU;
  await useBackend('webgpu').catch(() => {
    process.env.RESNET_GPU = 'software';
  });
}

/** By hand one may have neither; `npm run test:slow` installs both, and Chromium brings the adapter. */
const mayMiss = (name: BackendName) =>
  (name === 'tensorflow' && !existsSync('.tensorflow')) ||
  (name === 'webgpu' && (!existsSync('.webgpu') || process.env.VK_ADD_DRIVER_FILES === undefined));

async function whyNot(name: BackendName): Promise<string | false> {
  if (!mayMiss(name)) return false;
  try {
    await useBackend(name);
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

async function main() {
  await findGpu();
  const table = backends();
  const reasons = new Map<BackendName, string | false>();
  for (const { name } of table) reasons.set(name, await whyNot(name)); // before any test runs on one
  for (const { name, cases, images } of table) {
    const skip = reasons.get(name);
    describe(name, { skip }, () => {
      before(async () => {
        const { device } = await useBackend(name);
        console.log(`${name}: ${device}`);
      });
      for (const each of cases) {
        const steps = name !== 'webgpu' || !isSoftware() || LAYERS.includes(each);
        describeAgainstKeras(each, { steps });
      }

      it('learns with both optimisers, and holds no more tensors afterwards', async () => {
        const { train } = await loadDataset('emoji10');
        const few = takeImages(train, images);
        for (const optimizer of [adam(1e-3), sgd(0.05, { momentum: 0.9, nesterov: true, weightDecay: 1e-4 })]) {
          setRandomSeed(1);
          const model = resnetV1([32, 32, 3], 8);
          const options = { batchSize: 8, seed: 1, optimizer, resume: false };
          const begun = (await fit(model, few, { ...options, epochs: 1 })).history.loss[0];
          const before = tf.memory().numTensors;
          const after = (await fit(model, few, { ...options, epochs: 2 })).history.loss[1];
          assert.equal(tf.memory().numTensors, before);
          assert.ok(after < begun, `loss ${begun} in the first epoch, ${after} in the third`);
          model.dispose();
        }
      });
    });
  }
}

main();
