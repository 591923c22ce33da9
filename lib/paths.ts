import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DataError } from './errors';

const ARCHIVE = join('emoji10', 'emoji-10-binary.tar.gz');
/** The `data` folder of the repository that this library stands in; an installed package stands in none. */
const REPOSITORY = join(__dirname, '..', '..', 'data');
const inRepository = existsSync(join(REPOSITORY, ARCHIVE));

/** The folder of the embedded data: the repository's own, or the copy that the package carries. */
export function dataFolder(): string {
  const folder = inRepository ? REPOSITORY : join(__dirname, 'data');
  if (existsSync(join(folder, ARCHIVE))) return folder;
  throw new DataError(`The embedded images are missing from ${folder}; install resnet-lab again.`);
}

/** Where fetched data are kept: a folder of the repository that git ignores, elsewhere one of the user's cache. */
export function cacheFolder(): string {
  return inRepository ? join(REPOSITORY, 'cache') : join(userCache(), 'resnet-lab');
}

/** Where this repository's commands install packages that are not everybody's; undefined where the library is installed elsewhere. */
export function optionalFolder(name: 'tensorflow' | 'webgpu'): string | undefined {
  return inRepository ? join(REPOSITORY, '..', `.${name}`) : undefined;
}

/** Where the system wants caches: there the data outlive a project's `node_modules`. */
function userCache(): string {
  if (process.platform === 'win32') return process.env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  const wanted = process.env.XDG_CACHE_HOME; // its specification has relative paths ignored
  return wanted && isAbsolute(wanted) ? wanted : join(homedir(), '.cache');
}
