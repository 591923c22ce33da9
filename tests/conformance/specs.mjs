// The entry of the bundle: tfjs-core's specs beside resnet-lab's backends, on one and the same tfjs-core.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import { useBackend } from 'resnet-lab/dist/backends/index.js';

/** Declares every spec for the backend. The specs ask which backends there are while they are loaded, so they come last. */
export async function declareSpecs(backendName) {
  await useBackend(backendName);
  setTestEnvs([{ name: backendName, backendName, isDataSync: true }]);
  await import('@tensorflow/tfjs-core/dist/tests');
}
