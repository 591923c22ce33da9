import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import ndarray from 'ndarray';
import { CHANNELS, SIDE } from './records';
import type { Source, Split } from './types';

/** The decoded splits of an archive. */
export interface Decoded {
  train: Split;
  test: Split;
}

interface Manifest {
  source: Source;
  /** SHA-256 of each file of the folder. */
  files: Record<string, string>;
}

const MANIFEST = 'manifest.json';
const PARTS = ['train', 'test'] as const;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The decoded splits in `folder`; undefined when there are none, or when any byte of them has changed. */
export async function readCache(folder: string): Promise<(Decoded & { source: Source }) | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest;
    const read = async (name: string) => {
      const bytes = await readFile(join(folder, name));
      if (sha256(bytes) !== manifest.files[name]) throw new Error(`${name} has changed`);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    };
    const readSplit = async (part: string): Promise<Split> => {
      const [images, labels] = [await read(`${part}-images.bin`), await read(`${part}-labels.bin`)];
      return { images: ndarray(images, [labels.length, SIDE, SIDE, CHANNELS]), labels };
    };
    return { source: manifest.source, train: await readSplit('train'), test: await readSplit('test') };
  } catch {
    return undefined; // missing or damaged: the caller makes it anew
  }
}

/** Folders that this process is making. */
const underway = new Map<string, Promise<void>>();

/**
 * Lets `make` fill a temporary folder beside `folder`, stores what it returns there and renames it into place, so that
 * `folder` is either whole or absent, even when several callers or processes make it at once or one is killed.
 */
export function makeCache(
  folder: string,
  make: (workFolder: string) => Promise<Decoded & { source: Source }>,
): Promise<void> {
  const made = underway.get(folder) ?? fillAndRename(folder, make).finally(() => underway.delete(folder));
  underway.set(folder, made);
  return made;
}

async function fillAndRename(
  folder: string,
  make: (workFolder: string) => Promise<Decoded & { source: Source }>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await removeAbandoned(folder);
  const work = `${folder}.${hostname()}.${process.pid}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  try {
    const made = await make(work);
    const files: Record<string, string> = {};
    for (const part of PARTS) {
      const { images, labels } = made[part];
      files[`${part}-images.bin`] = await write(join(work, `${part}-images.bin`), images.data);
      files[`${part}-labels.bin`] = await write(join(work, `${part}-labels.bin`), labels);
    }
    const manifest: Manifest = { source: made.source, files };
    await write(join(work, MANIFEST), Buffer.from(JSON.stringify(manifest, null, 2)));
    await moveIntoPlace(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A whole folder that another process put there meanwhile stays; a damaged one gives way. */
async function moveIntoPlace(work: string, folder: string): Promise<void> {
  try {
    await rename(work, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    if ((await readCache(folder)) !== undefined) return;
    await rm(folder, { recursive: true, force: true });
    await rename(work, folder);
  }
}

/** Writes and flushes a file, and returns its SHA-256. */
async function write(path: string, bytes: Uint8Array): Promise<string> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return sha256(bytes);
}

/** Removes the temporary folders that processes of this machine left when they were killed. */
async function removeAbandoned(folder: string): Promise<void> {
  const start = `${basename(folder)}.${hostname()}.`;
  for (const name of await readdir(dirname(folder))) {
    const pid = name.startsWith(start) ? /^(\d+)\.part$/.exec(name.slice(start.length))?.[1] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) {
      await rm(join(dirname(folder), name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it runs, as somebody else
  }
}
