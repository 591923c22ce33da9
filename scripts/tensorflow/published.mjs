// The addon that the packages publish for TensorFlow 2.9.1.
import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ask, npmQuietly } from './programs.mjs';

/** What its library for CUDA opens; without it, it would compute on the processor. */
const CUDA_11 = { linux: 'libcudart.so.11.0', win32: 'cudart64_110.dll' };
/** Where an addon was published for: `scripts/deps-constants.js` of the packages. */
const PUBLISHED = {
  cpu: ['linux x64', 'darwin x64', 'win32 x64'],
  gpu: ['linux x64', 'win32 x64'],
};

/** Why the published addon can't work here, as far as that is known without fetching it; undefined where it may. */
export function whyNotPublished(kind, { platform = process.platform, arch = process.arch, env = process.env } = {}) {
  if (!PUBLISHED[kind].includes(`${platform} ${arch}`)) return `there is none for ${platform} on ${arch}`;
  if (kind === 'cpu') return undefined;
  const library = CUDA_11[platform];
  const folders = (env[platform === 'win32' ? 'PATH' : 'LD_LIBRARY_PATH'] ?? '').split(delimiter).filter(Boolean);
  const isThere = folders.some((folder) => existsSync(join(folder, library)));
  if (isThere || (platform === 'linux' && ask('ldconfig', ['-p'])?.includes(library))) return undefined;
  return `it needs CUDA 11.2, and ${library} is not among the system's libraries`;
}

/** Fetches the addon and its TensorFlow with the package's own installer; throws when that fails. */
export function fetchPublished(folder, packageName) {
  const location = join(folder, 'node_modules', packageName);
  try {
    npmQuietly(['rebuild', packageName, '--prefix', folder, '--ignore-scripts=false', '--foreground-scripts']);
    if (!existsSync(join(location, 'lib'))) throw new Error('its installer left no addon');
  } catch (error) {
    removePublished(folder, packageName);
    throw error;
  }
}

/** What the installer may have left behind. */
export function removePublished(folder, packageName) {
  for (const part of ['deps', 'lib', 'build']) {
    rmSync(join(folder, 'node_modules', packageName, part), { recursive: true, force: true });
  }
}
