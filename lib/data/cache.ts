import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import ndarray from 'ndarray';
import { moveIntoPlace, sha256, writeFlushed } from '../files/atomic';
import { fetchAlone } from './fetch';
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
 * Makes `folder` of what `make` returns, so that it is either whole or absent even when the process is killed. Of several
 * callers and processes one does the work and the others wait for it; `make` is not called when it was done meanwhile.
 */
export function makeCache(folder: string, make: () => Promise<Decoded & { source: Source }>): Promise<void> {
  const made = underway.get(folder) ?? makeLocked(folder, make).finally(() => underway.delete(folder));
  underway.set(folder, made);
  return made;
}

function makeLocked(folder: string, make: () => Promise<Decoded & { source: Source }>): Promise<void> {
  return fetchAlone(folder, async () => {
    if ((await readCache(folder)) === undefined) await fill(folder, await make());
  });
}

async function fill(folder: string, made: Decoded & { source: Source }): Promise<void> {
  const work = `${folder}.part`;
  await rm(work, { recursive: true, force: true }); // left by a process that was killed
  await mkdir(work);
  try {
    const files: Record<string, string> = {};
    for (const part of PARTS) {
      const { images, labels } = made[part];
      files[`${part}-images.bin`] = await writeFlushed(join(work, `${part}-images.bin`), images.data);
      files[`${part}-labels.bin`] = await writeFlushed(join(work, `${part}-labels.bin`), labels);
    }
    const manifest: Manifest = { source: made.source, files };
    await writeFlushed(join(work, MANIFEST), Buffer.from(JSON.stringify(manifest, null, 2)));
    await rm(folder, { recursive: true, force: true }); // a damaged one
    await moveIntoPlace(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
