import '@tensorflow/tfjs-backend-cpu';
import { reason } from '../../errors';
import { tf } from '../../tf';
import { SimdBackend } from './backend';
import { registerConvolutions } from './kernels/convolution';
import { registerElementwise } from './kernels/elementwise';
import { registerLosses } from './kernels/losses';
import { registerMatrices } from './kernels/matrices';
import { registerNormalization } from './kernels/normalization';
import { registerPooling } from './kernels/pooling';
import { registerReductions } from './kernels/reductions';
import { BACKEND } from './kernels/register';
import { registerGradients, speedUpLayers } from './layers';
import { SharedMemory } from './memory';
import { loadKernels } from './module';
import { Pool, threadCount } from './pool';

let threads: number | undefined;

/**
 * Registers the backend `simd` with TensorFlow.js, once.
 *
 * @returns the threads that compute.
 * @throws Error when this Node lacks SIMD or shared memory; RangeError for a wrong RESNET_THREADS.
 */
export function registerSimd(): number {
  if (threads !== undefined) return threads;
  const count = threadCount();
  const { module } = loadKernels();
  const memory = reserveMemory();
  const backend = new SimdBackend(memory, new Pool(module, memory, count));
  tf.registerBackend(BACKEND, () => backend, 3);
  tf.copyRegisteredKernels('cpu', BACKEND);
  registerConvolutions();
  registerElementwise();
  registerLosses();
  registerMatrices();
  registerNormalization();
  registerPooling();
  registerReductions();
  registerGradients();
  speedUpLayers();
  threads = count;
  return count;
}

function reserveMemory(): SharedMemory {
  try {
    return new SharedMemory();
  } catch (error) {
    throw new Error(`The system has no 4 GiB of addresses for the shared memory: ${reason(error)}`);
  }
}
