import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { installedPackage } from './installed';
import { nvidiaGpu } from './nvidia';
import { SUPPORT, type Support } from './support';
import { CPU_PACKAGE, GPU_PACKAGE } from './tensorflow/packages';

/** One backend on this machine. */
export interface BackendRow {
  backend: string;
  /** What is known of machines of this kind: environment.md's table. */
  'on such machines': string;
  /** Whether its packages are installed, or the command that installs them. */
  here: string;
}

type Gpu = Support['gpu'];

/** The strongest first: a laptop often has two. */
const VENDORS: [Gpu, RegExp][] = [
  ['NVIDIA', /nvidia/i],
  ['AMD', /\b(amd|ati|advanced micro devices|radeon)\b/i],
  ['Apple', /apple/i],
  ['Intel', /intel/i],
];
const PLATFORMS: Record<string, string> = { linux: 'Linux', win32: 'Windows', darwin: 'macOS' };
const ARCHITECTURES: Record<string, string> = { x64: 'x86-64' };

/**
 * What can compute on this machine, without starting any of it: its row of environment.md's table, and what of it is installed.
 *
 * @returns `machine`, such as 'Linux x86-64, NVIDIA GPU', and a row for each backend, the fastest kind of hardware first.
 */
export async function backendsHere(): Promise<{ machine: string; rows: BackendRow[] }> {
  const gpu = await findGpu();
  const platform = namePlatform();
  const known = SUPPORT.find((row) => row.platform === platform && row.gpu === gpu);
  const about = (backend: 'simd' | 'tensorflow' | 'cuda' | 'webgpu') => known?.[backend] ?? 'unknown';
  const cuda = isInstalled('tensorflow', GPU_PACKAGE);
  const row = (backend: string, known: string, isHere: boolean, command: string): BackendRow => {
    const how = known === 'tested' || known === 'expected' ? command : '–';
    return { backend, 'on such machines': known, here: isHere ? 'installed' : how };
  };
  return {
    machine: `${platform}, ${gpu === 'none' ? 'no' : gpu} GPU`,
    rows: [
      row('tensorflow (CUDA)', about('cuda'), cuda, 'npm run setup:gpu'),
      row('webgpu', about('webgpu'), isInstalled('webgpu', 'webgpu'), 'npm run setup:webgpu'),
      row('simd', about('simd'), true, ''),
      row(
        'tensorflow',
        about('tensorflow'),
        cuda || isInstalled('tensorflow', CPU_PACKAGE),
        'npm run setup:tensorflow',
      ),
      row('wasm, cpu', about('simd'), true, ''),
    ],
  };
}

async function findGpu(): Promise<Gpu> {
  if (process.platform === 'darwin' && process.arch === 'arm64') return 'Apple';
  if (nvidiaGpu() !== undefined) return 'NVIDIA'; // in WSL and in containers nothing else lists it
  const { graphics } = await import('systeminformation'); // only who asks waits for it
  const { controllers } = await graphics();
  const names = controllers.map(({ vendor, model }) => `${vendor} ${model}`);
  return VENDORS.find(([, pattern]) => names.some((name) => pattern.test(name)))?.[0] ?? 'none';
}

function namePlatform(): string {
  const arch = ARCHITECTURES[process.arch] ?? process.arch;
  const isWsl = process.platform === 'linux' && existsSync('/dev/dxg'); // the GPU that Windows lends
  return `${isWsl ? 'WSL 2' : (PLATFORMS[process.platform] ?? process.platform)} ${arch}`;
}

/** Whether one of this repository's commands has installed a package, or somebody beside this library. */
function isInstalled(set: 'tensorflow' | 'webgpu', name: string): boolean {
  if (installedPackage(set) === name) return true;
  try {
    createRequire(__filename).resolve(name);
    return true;
  } catch {
    return false;
  }
}
