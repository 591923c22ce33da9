import { availableParallelism, cpus } from 'node:os';
import { reason } from '../errors';
import { tf } from '../tf';

export type BackendName = 'auto' | 'simd' | 'tensorflow' | 'webgpu' | 'wasm' | 'cpu';

/** The TensorFlow.js backend in use. */
export interface Backend {
  name: Exclude<BackendName, 'auto'>;
  /** The processor or GPU that computes. */
  device: string;
  /** Threads that compute at once. */
  threads: number;
}

type Loader = () => Promise<Backend>;

const loaders: Partial<Record<string, Loader>> = {
  simd: loadSimd,
  tensorflow: loadTensorflow,
  wasm: loadWasm,
  cpu: loadCpu,
};
/** What `auto` tries, in this order; nothing is measured, so that a lesson's numbers repeat. */
const AUTOMATIC: Loader[] = [loadTensorflowOnGpu, loadSimd, loadWasm, loadCpu];

/**
 * Chooses what computes: `await useBackend()` at the top of a program takes the first of TensorFlow on a CUDA GPU,
 * `simd`, `wasm` and `cpu` that works here, with a warning when `simd` does not. The variable `RESNET_BACKEND` overrides
 * `auto`, and `RESNET_THREADS` the number of threads of `simd`.
 *
 * @throws RangeError for an unknown name or a wrong number of threads; Error when a backend that was named is not
 * available, with what is missing.
 */
export async function useBackend(name: BackendName = 'auto'): Promise<Backend> {
  const wanted = name === 'auto' ? process.env.RESNET_BACKEND || 'auto' : name;
  if (wanted !== 'auto') return load(wanted);
  let missing: string | undefined;
  for (const attempt of AUTOMATIC) {
    try {
      const backend = await attempt();
      if (missing) {
        process.emitWarning(
          `The backend 'simd' is not available here (${missing}): '${backend.name}' computes, more slowly.`,
        );
      }
      return backend;
    } catch (error) {
      if (error instanceof RangeError) throw error; // a setting that is wrong for any backend
      if (attempt === loadSimd) missing = reason(error).replace(/\.$/, '');
    }
  }
  throw new Error('No TensorFlow.js backend works on this machine, not even cpu; run `npm run setup` again.');
}

async function load(name: string): Promise<Backend> {
  if (name === 'webgpu') {
    throw new Error(`The backend '${name}' is not part of this version of resnet-lab; use 'auto' or 'simd'.`);
  }
  const loader = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (loader === undefined) {
    throw new RangeError(
      `The backend (or RESNET_BACKEND) should be 'auto', 'simd', 'tensorflow', 'wasm' or 'cpu', received '${name}'.`,
    );
  }
  return loader();
}

async function activate(name: Backend['name'], device: string, threads: number): Promise<Backend> {
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start its backend '${name}'.`);
  return { name, device, threads };
}

const processor = () => `CPU (${cpus()[0]?.model.trim() || process.arch})`;

async function loadCpu(): Promise<Backend> {
  return activate('cpu', processor(), 1);
}

async function loadSimd(): Promise<Backend> {
  const { registerSimd } = await import('./simd/index.js');
  return activate('simd', processor(), registerSimd());
}

async function loadWasm(): Promise<Backend> {
  const { registerWasm } = await import('./wasm.js');
  registerWasm();
  return activate('wasm', processor(), 1); // TensorFlow.js keeps its threads off outside browsers
}

/** TensorFlow's C library through one of the two tfjs-node packages, whichever is installed and loads. */
async function loadTensorflow(): Promise<Backend> {
  const failures: string[] = [];
  const before = tf.getBackend();
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    try {
      await import(name);
      const gpu = (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
      return await activate('tensorflow', gpu ? 'GPU (CUDA)' : processor(), availableParallelism());
    } catch (error) {
      failures.push(`${name}: ${reason(error).split('\n')[0]}`);
      if (tf.getBackend() !== before) await tf.setBackend(before);
    }
  }
  throw new Error(
    `The backend 'tensorflow' needs a package that did not load (${failures.join('; ')}). Install the one for CPUs with \`npm install --no-save --ignore-scripts=false @tensorflow/tfjs-node\`, the one for CUDA with \`npm install --save-optional --ignore-scripts=false @tensorflow/tfjs-node-gpu\`, or use 'auto'.`,
  );
}

async function loadTensorflowOnGpu(): Promise<Backend> {
  const before = tf.getBackend();
  const backend = await loadTensorflow();
  if (backend.device.startsWith('GPU')) return backend;
  await tf.setBackend(before);
  throw new Error('TensorFlow found no GPU.');
}
