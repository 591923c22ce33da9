// The addon that the packages publish for TensorFlow 2.9.1.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ask, npmQuietly } from './programs.mjs';

/** What its library for CUDA opens; without it, it would compute on the processor. */
const CUDA_11 = 'libcudart.so.11.0';
/** Where an addon was published for (`scripts/deps-constants.js` of the packages), and CUDA is of use. */
const PUBLISHED = { cpu: ['linux x64', 'darwin x64', 'win32 x64'], gpu: ['linux x64'] };
/** Variables with which the package's installer would fetch from elsewhere. */
const ELSEWHERE = ['TFJS_NODE_CDN_STORAGE', 'TFJS_NODE_BASE_URI', 'CDN_STORAGE'];

/** Why the published addon can't work here, as far as that is known without fetching it; undefined where it may. */
export function whyNotPublished(kind, { platform = process.platform, arch = process.arch, env = process.env } = {}) {
  if (!PUBLISHED[kind].includes(`${platform} ${arch}`)) return `there is none for ${platform} on ${arch}`;
  if (kind === 'cpu') return undefined;
  const folders = (env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean);
  const isThere = folders.some((folder) => existsSync(join(folder, CUDA_11)));
  if (isThere || ask('ldconfig', ['-p'])?.includes(CUDA_11)) return undefined;
  return `it needs CUDA 11.2, and ${CUDA_11} is not among the system's libraries`;
}

/** Fetches the addon and its TensorFlow with the package's own installer; throws when that fails. */
export function fetchPublished(folder, packageName) {
  const location = join(folder, 'node_modules', packageName);
  for (const name of ELSEWHERE) for (const key of [name, `npm_config_${name}`]) delete process.env[key];
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
