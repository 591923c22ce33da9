import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

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
