// Whether this machine can compute with CUDA, before gigabytes are fetched for it.
import { existsSync } from 'node:fs';
import { ask } from './programs.mjs';

/** CUDA of the wheels; drivers of its first minor version run all of it. */
const CUDA = 12;
const OLDEST_DRIVER = '525.60.13';
const MARKS = ['/proc/driver/nvidia/version', '/dev/dxg']; // of the driver on Linux, and of WSL

/** Throws, with what was looked for, where, and the fix, unless an NVIDIA driver for CUDA 12 answers. */
export function checkDriver({ platform = process.platform, arch = process.arch } = {}) {
  if (platform !== 'linux' || arch !== 'x64') {
    const other =
      platform === 'win32'
        ? 'on Windows it runs inside WSL 2, or take `npm run setup:webgpu`'
        : 'here `npm run setup:webgpu` brings the GPU';
    throw new Error(`TensorFlow computes with CUDA on Linux x86-64 only, this is ${platform} on ${arch}; ${other}.`);
  }
  const report = ask('nvidia-smi', []);
  if (report === undefined) {
    const marks = MARKS.filter((path) => existsSync(path));
    const there =
      marks.length > 0 ? `though there is ${marks.join(' and ')}` : `and there is no ${MARKS.join(', no ')}`;
    throw new Error(
      `No NVIDIA driver answers: \`nvidia-smi\` does not run from the PATH, ${there}. Install NVIDIA's driver ${OLDEST_DRIVER} or later (Debian: nvidia-driver, Ubuntu: ubuntu-drivers install; in a container start it with --gpus all). For a GPU of AMD or Intel: \`npm run setup:webgpu\`.`,
    );
  }
  const version = /CUDA Version:\s*(\d+)\.(\d+)/.exec(report);
  const driver = /Driver Version:\s*([\d.]+)/.exec(report)?.[1] ?? 'unknown';
  if (version === null || Number(version[1]) < CUDA) {
    const cuda = version ? `CUDA ${version[1]}.${version[2]} at most` : 'no version of CUDA';
    throw new Error(
      `The NVIDIA driver ${driver} of this machine supports ${cuda}, as \`nvidia-smi\` says, and TensorFlow needs CUDA ${CUDA}. Update the driver to ${OLDEST_DRIVER} or later; CUDA itself comes with the wheels.`,
    );
  }
  return `driver ${driver}, up to CUDA ${version[1]}.${version[2]}`;
}
