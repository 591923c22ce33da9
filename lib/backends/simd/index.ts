import '@tensorflow/tfjs-backend-cpu';
import { reason } from '../../errors';
import { tf } from '../../tf';
import { speedUpLayers } from '../fused/layers';
import { registerFused } from '../fused/registry';
import { SimdBackend } from './backend';
import { registerConvolutions } from './kernels/convolution';
import { registerElementwise } from './kernels/elementwise';
import { registerLosses } from './kernels/losses';
import { registerMatrices } from './kernels/matrices';
import { normalizes, registerNormalization } from './kernels/normalization';
import { registerPooling } from './kernels/pooling';
import { registerReductions } from './kernels/reductions';
import { BACKEND } from './kernels/register';
import { SharedMemory } from './memory';
import { loadKernels } from './module';
import { adam, moveTowards, sgd } from './optimizers';
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
  registerFused(BACKEND, { normalizes, moveTowards, adam, sgd });
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
