import { availableParallelism, cpus } from 'node:os';
import { MissingPackage, reason } from '../errors';
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
  webgpu: loadWebgpu,
  wasm: loadWasm,
  cpu: loadCpu,
};
/** What `auto` tries, in this order; nothing is measured, so that a lesson's numbers repeat. */
const ON_GPU: Loader[] = [loadTensorflowOnGpu, loadWebgpu];
const ON_PROCESSOR: Loader[] = [loadSimd, loadWasm, loadCpu];

/**
 * Chooses what computes: `await useBackend()` at the top of a program takes the first of `tensorflow` on a CUDA
 * GPU, `webgpu` on a GPU, `simd`, `wasm` and `cpu` that works here, with a warning when `simd` does not, or when a GPU does not
 * whose packages are installed. The variable `RESNET_BACKEND` overrides `auto`; `RESNET_THREADS` is the number of threads
 * of `simd`; `RESNET_GPU` is a part of the name of the GPU that `webgpu` takes, or `software`, or `none` for no GPU.
 *
 * @throws RangeError for an unknown name or a wrong number of threads; Error when a backend that was named is not
 * available, with what is missing.
 */
export async function useBackend(name: BackendName = 'auto'): Promise<Backend> {
  const wanted = name === 'auto' ? process.env.RESNET_BACKEND || 'auto' : name;
  if (wanted !== 'auto') return load(wanted);
  let missing: string | undefined;
  for (const attempt of process.env.RESNET_GPU === 'none' ? ON_PROCESSOR : [...ON_GPU, ...ON_PROCESSOR]) {
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
      // Who has installed it wants it.
      else if (ON_GPU.includes(attempt) && !(error instanceof MissingPackage)) {
        process.emitWarning(`The GPU is left alone (RESNET_GPU=none says that this is meant): ${reason(error)}`);
      }
    }
  }
  throw new Error('No TensorFlow.js backend works on this machine, not even cpu; run `npm run setup` again.');
}

async function load(name: string): Promise<Backend> {
  const loader = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (loader === undefined) {
    throw new RangeError(
      `The backend (or RESNET_BACKEND) should be 'auto', 'simd', 'tensorflow', 'webgpu', 'wasm' or 'cpu', received '${name}'.`,
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

/** TensorFlow's C library, on whatever it computes with. */
async function loadTensorflow(): Promise<Backend> {
  const { registerTensorflow } = await import('./tensorflow/index.js');
  const gpu = await registerTensorflow(false);
  return activate('tensorflow', gpu === undefined ? processor() : `GPU (${gpu})`, availableParallelism());
}

async function loadTensorflowOnGpu(): Promise<Backend> {
  const { registerTensorflow } = await import('./tensorflow/index.js');
  const gpu = await registerTensorflow(true);
  if (gpu === undefined) {
    throw new Error(
      "TensorFlow's package for CUDA is here and finds no GPU; `npm run setup:gpu` says what is missing.",
    );
  }
  return activate('tensorflow', `GPU (${gpu})`, availableParallelism());
}

async function loadWebgpu(): Promise<Backend> {
  const { registerWebgpu } = await import('./webgpu/index.js');
  return activate('webgpu', `GPU (${await registerWebgpu()})`, 1);
}
