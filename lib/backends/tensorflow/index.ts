import { MissingPackage, reason } from '../../errors';
import { tf } from '../../tf';
import { speedUpLayers } from '../fused/layers';
import { registerFused } from '../fused/registry';
import { nvidiaGpu } from '../nvidia';
import { BACKEND, type TensorflowBackend } from './binding';
import { registerKernels } from './kernels';
import { supplyDroppedFunctions } from './node-util';
import { CPU_PACKAGE, candidates, GPU_PACKAGE } from './packages';
import { adam, moveTowards, sgd } from './updates';

let loaded: string | undefined;

/**
 * Registers TensorFlow's C library as the backend `tensorflow`, once, through the first package that loads.
 *
 * @param onlyGpu whether the package for CUDA alone may serve.
 * @returns the GPU's name, or undefined where the processor computes.
 * @throws Error when none loads, with what each lacks and how to get one.
 */
export async function registerTensorflow(onlyGpu: boolean): Promise<string | undefined> {
  if (loaded === undefined) loaded = load(onlyGpu ? [GPU_PACKAGE] : [GPU_PACKAGE, CPU_PACKAGE]);
  if (onlyGpu && loaded !== GPU_PACKAGE) throw new MissingPackage(`${loaded} computes on the processor only.`);
  const backend = tf.findBackend(BACKEND) as unknown as TensorflowBackend;
  return backend.isUsingGpuDevice ? [nvidiaGpu(), 'CUDA'].filter(Boolean).join(', ') : undefined;
}

function load(names: string[]): string {
  supplyDroppedFunctions();
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'; // else it takes all of the GPU's memory, and the next notebook gets none
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // else it tells on stderr of every instruction set that it could use
  const failures: unknown[] = [];
  const reasons: string[] = [];
  const before = tf.getBackend();
  for (const { name, load } of candidates(names)) {
    try {
      load();
      registerKernels();
      registerFused(BACKEND, { normalizes, moveTowards, adam, sgd });
      speedUpLayers();
      return name;
    } catch (error) {
      failures.push(error);
      reasons.push(`${name}: ${reason(error).split('\n')[0]}`);
    } finally {
      if (before) tf.setBackend(before); // the package has chosen its own
    }
  }
  const isMissing = failures.every((error) => (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND');
  throw new (isMissing ? MissingPackage : Error)(
    `The backend 'tensorflow' needs TensorFlow's C library, and no package with it loads (${reasons.join('; ')}). \`npm run setup:tensorflow\` installs it for the processor, \`npm run setup:gpu\` for CUDA; outside of this repository \`npm install --ignore-scripts=false ${CPU_PACKAGE}\`, or ${GPU_PACKAGE}.`,
  );
}

/** FusedBatchNormV3 takes images. */
function normalizes(x: tf.Tensor): boolean {
  return x.dtype === 'float32' && x.rank === 4 && x.size > 0;
}
