import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError, reason } from '../errors';
import { diskFault } from '../files/faults';
import { cacheFolder } from '../paths';
import { CLASS_NAMES, readArchive } from './archive';
import { makeCache, readCache } from './cache';
import { download, type Expectation } from './download';
import { sha256From } from './fetch';
import { type Progress, terminalProgress } from './progress';
import { RECORD_BYTES } from './records';
import type { Dataset } from './types';

/** The binary archive of CIFAR-10 as its authors publish it at https://www.cs.toronto.edu/~kriz/cifar.html. */
const OFFICIAL = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
};
const LAYOUT = { trainFiles: 5, imagesPerFile: 10_000 };
const DECODED_BYTES = (LAYOUT.trainFiles + 1) * LAYOUT.imagesPerFile * RECORD_BYTES;

export interface Cifar10Options {
  /** Where the decoded images are kept; by default `data/cache` of the repository, outside of it the user's cache. */
  cacheDir?: string;
  /** Called a few times a second while the archive is fetched; by default a bar on the terminal. */
  onProgress?: (progress: Progress) => void;
}

/**
 * CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test images of 32×32 pixels in ten classes.
 *
 * The first call fetches the binary archive (170 MB), checks its size and SHA-256 before anything is read from it, and
 * caches the decoded images; later calls read the cache. A fetch that breaks off goes on where it was, by itself and in
 * the next call. The variables `CIFAR10_URL` (http, https or file) and
 * `CIFAR10_SHA256` name another archive in the same layout; without a hash of its own it must be the official one.
 *
 * @returns images of shape [N, 32, 32, 3] (bytes), labels of shape [N].
 * @throws DataError when the archive can't be fetched or is not what it should be; nothing is cached then.
 */
export async function loadCifar10(options: Cifar10Options = {}): Promise<Dataset> {
  const cached = await readCachedCifar10(options);
  if (cached !== undefined) return cached;
  const { url, expected } = archive();
  const folder = imagesFolder(expected, options.cacheDir);
  try {
    await makeCache(folder, () => fetchAndDecode(url, expected, `${folder}.tar.gz`, options.onProgress));
  } catch (error) {
    if (error instanceof DataError) {
      throw new DataError(`CIFAR-10 from ${url} could not be used: ${error.message}. ${remedy()}`);
    }
    const fault = diskFault(error);
    if (fault === undefined) throw error;
    throw new DataError(
      `CIFAR-10 could not be kept in ${dirname(folder)}: ${fault} (${reason(error)}). Mend that or give loadCifar10 another cacheDir, or go on with the embedded images: loadDataset('emoji10').`,
    );
  }
  const made = await readCachedCifar10(options);
  if (made === undefined)
    throw new DataError(`The images in ${folder} can't be read back; check the disk and try again.`);
  return made;
}

/** CIFAR-10 from the cache, or undefined where `loadCifar10` with the same options would fetch the archive. */
export async function readCachedCifar10(options: Cifar10Options = {}): Promise<Dataset | undefined> {
  const cached = await readCache(imagesFolder(archive().expected, options.cacheDir));
  return cached && { name: 'CIFAR-10', classNames: [...CLASS_NAMES], ...cached };
}

type Expected = Extract<Expectation, { sha256: string }>;

/** The archive in use. */
function archive(): { url: string; expected: Expected } {
  const url = process.env.CIFAR10_URL || OFFICIAL.url;
  const sha256 = sha256From('CIFAR10_SHA256') ?? OFFICIAL.sha256;
  return { url, expected: sha256 === OFFICIAL.sha256 ? { sha256, bytes: OFFICIAL.bytes } : { sha256 } };
}

function imagesFolder(expected: Expected, cacheDir = cacheFolder()): string {
  return join(cacheDir, `cifar-10-${expected.sha256}`);
}

async function fetchAndDecode(
  url: string,
  expected: Expected,
  file: string,
  onProgress?: (progress: Progress) => void,
) {
  const bar = terminalProgress('CIFAR-10');
  const options = { onProgress: onProgress ?? bar.update, reserveBytes: DECODED_BYTES };
  await download(url, file, expected, options).finally(bar.stop);
  try {
    const splits = await readArchive(file, LAYOUT);
    return { ...splits, source: { url, sha256: expected.sha256, official: expected.sha256 === OFFICIAL.sha256 } };
  } finally {
    await rm(file); // the decoded images replace it, or it is of no use
  }
}

function remedy(): string {
  const again = process.env.CIFAR10_URL
    ? 'Check CIFAR10_URL and CIFAR10_SHA256 and run `npm run data` again'
    : 'Check the network and run `npm run data` again';
  return `${again}, or go on with the embedded images: loadDataset('emoji10'), in a terminal --data emoji10.`;
}
