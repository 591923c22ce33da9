import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/**
 * Makes a folder, and those that it lies in, where they are missing. Node's own way to do that never comes to an end in
 * file systems that take no new folders, such as /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT') throw error;
    const parent = dirname(path);
    if (await isFolder(parent)) throw Object.assign(error as Error, { code: 'ENOTSUP' });
    await makeFolder(parent);
    await makeFolder(path);
  }
}

const isFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Writes a new file, flushed to the disk, and returns its SHA-256. */
export async function writeFlushed(path: string, bytes: Uint8Array): Promise<string> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return sha256(bytes);
}

/** Writes a file, in the place of one that may be there, so that at every instant either is whole. */
export async function replaceFile(path: string, bytes: Uint8Array, part = `${path}.part`): Promise<void> {
  await rm(part, { force: true }); // left by a process that was killed
  try {
    await writeFlushed(part, bytes);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Gives a finished file or folder its name, so that at every instant, a power cut's too, whoever looks for that name
 * finds it whole or not at all. The names in a folder are on the disk only once the folder itself is flushed.
 */
export async function moveIntoPlace(work: string, target: string): Promise<void> {
  await flushFolder(work);
  await rename(work, target);
  await flushFolder(dirname(target));
}

/** What network file systems answer that flush no folders. */
const UNSUPPORTED = new Set(['EINVAL', 'ENOTSUP', 'ENOSYS']);

async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows opens no folders
  const folder = await open(path, 'r');
  try {
    await folder.sync().catch((error: NodeJS.ErrnoException) => {
      if (!UNSUPPORTED.has(error.code ?? '')) throw error;
    });
  } finally {
    await folder.close();
  }
}
