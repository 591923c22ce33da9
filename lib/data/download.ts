import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DataError, reason } from '../errors';
import { diskFault } from '../files/faults';
import { type Body, Interruption, openUrl, WEB_PAGE } from './http';
import { megabytes, type Progress, progressReporter } from './progress';

/** What a downloaded file must be before anybody uses it. */
export type Expectation = {
  /** Exact size in bytes, where it is known. */
  bytes?: number;
} & Hash;

/** In lower-case hexadecimal; MD5 where its authors publish no other. */
export type Hash = { sha256: string; md5?: undefined } | { md5: string; sha256?: undefined };

export interface DownloadOptions {
  onProgress?: (progress: Progress) => void;
  /** Bytes that the caller is going to write beside the file: the disk must have room for both. */
  reserveBytes?: number;
  /** Milliseconds before each new attempt in a row that brings nothing new. */
  pauses?: readonly number[];
}

/** What came is not what was asked for. */
class WrongFile extends DataError {}

/** Larger than any file of this project: a body that never ends stops here. */
const MOST_BYTES = 2 ** 30;
const PAUSES_MS = [500, 1000, 2000, 4000];
/** An attempt that brings less than this is one that brings nothing: a server that trickles is given up in the end. */
const GAIN_BYTES = 1 << 16;

/**
 * Fetches `url` (http, https or file) into the file `target`, which exists afterwards only if its size and hash are the
 * expected ones. What breaks off goes on where it was, now or in a later call, from `target`.partial: only one
 * process may fetch a target at a time.
 *
 * @throws DataError whose message goes on after "… could not be used: ".
 */
export async function download(
  url: string,
  target: string,
  expected: Expectation,
  options: DownloadOptions = {},
): Promise<void> {
  const partial = `${target}.partial`;
  if ((await sizeOf(target)) > 0 && (await check(target, expected)) === undefined) return; // a process died before it was used
  try {
    await fetchWhole(url, partial, expected, options);
    await rename(partial, target);
  } catch (error) {
    if (error instanceof Interruption) throw new DataError(`it could not be fetched (${await kept(error, partial)})`);
    // A refusal, by a network that asks to sign in first, say, is no reason to throw away what came before.
    if (!(error instanceof DataError) || error instanceof WrongFile) await rm(partial, { force: true });
    if (error instanceof DataError || diskFault(error)) throw error;
    throw new DataError(`it could not be fetched (${reason(error)})`);
  }
}

async function kept(error: Interruption, partial: string): Promise<string> {
  const bytes = await sizeOf(partial);
  return bytes === 0 ? error.message : `${error.message}; ${megabytes(bytes)} are kept, and the next try goes on there`;
}

/** Fetches, once more from the start if pieces of several attempts turn out not to belong together. */
async function fetchWhole(url: string, partial: string, expected: Expectation, options: DownloadOptions) {
  for (let passes = 1; ; passes++) {
    const wasResumed = await fetchPieces(url, partial, expected, options);
    const fault = await check(partial, expected);
    if (fault === undefined) return;
    if (!wasResumed || passes === 2) throw new WrongFile(fault);
    await rm(partial);
  }
}

async function check(partial: string, expected: Expectation): Promise<string | undefined> {
  const bytes = await sizeOf(partial);
  if (expected.bytes !== undefined && bytes !== expected.bytes)
    return `it ended after ${bytes} of ${expected.bytes} bytes`;
  const hash = createHash(expected.md5 ? 'md5' : 'sha256');
  await pipeline(createReadStream(partial), hash);
  const [received, wanted] = [hash.digest('hex'), expected.md5 ?? expected.sha256];
  return received === wanted
    ? undefined
    : `its ${expected.md5 ? 'MD5' : 'SHA-256'} is ${received} instead of ${wanted}`;
}

/** Attempts until the body has ended; true when the file is made of the pieces of several. */
async function fetchPieces(
  url: string,
  partial: string,
  expected: Expectation,
  { onProgress, reserveBytes = 0, pauses = PAUSES_MS }: DownloadOptions,
): Promise<boolean> {
  let most = await sizeOf(partial);
  let validator: string | undefined;
  for (let failures = 0; ; ) {
    const have = await sizeOf(partial);
    try {
      const body = await openBody(url, have, validator, expected);
      validator = body.validator;
      await save(body, partial, expected, reserveBytes, onProgress);
      return body.start > 0;
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      const size = await sizeOf(partial);
      if (size >= most + GAIN_BYTES) failures = 0;
      most = Math.max(most, size);
      if (failures === pauses.length) throw error;
      await setTimeout(Math.max(pauses[failures], error.pauseMs ?? 0));
      failures += 1;
    }
  }
}

async function openBody(
  url: string,
  have: number,
  validator: string | undefined,
  expected: Expectation,
): Promise<Body> {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'file:') {
    const stream = (await open(fileURLToPath(url))).createReadStream();
    return { start: 0, chunks: stream, totalBytes: expected.bytes, close: () => stream.destroy() };
  }
  if (protocol === 'http:' || protocol === 'https:') return openUrl(url, have, validator, expected.bytes);
  throw new DataError('an address starts with https://, http:// or file://');
}

/** Writes the body to the file from the body's start on. */
async function save(
  body: Body,
  partial: string,
  expected: Expectation,
  reserveBytes: number,
  onProgress?: (progress: Progress) => void,
): Promise<void> {
  const most = expected.bytes ?? MOST_BYTES;
  let bytes = body.start;
  const report = progressReporter(body.start, body.totalBytes, onProgress);
  let file: FileHandle | undefined;
  try {
    await checkSpace(dirname(partial), (body.totalBytes ?? bytes) - bytes + reserveBytes);
    for await (const chunk of body.chunks) {
      if (bytes === 0 && looksLikeHtml(chunk)) throw new DataError(WEB_PAGE);
      file ??= await open(partial, body.start > 0 ? 'r+' : 'w');
      if (bytes + chunk.length > most) throw new WrongFile(`it goes on after the expected ${most} bytes`);
      await writeAll(file, chunk, bytes);
      bytes += chunk.length;
      report(bytes);
    }
    report(bytes, true);
    await file?.truncate(bytes);
    await file?.sync();
  } finally {
    body.close();
    await file?.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}

async function checkSpace(folder: string, needed: number): Promise<void> {
  const free = await statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
  if (free === undefined || free >= needed) return; // a file system that does not say is tried
  throw new DataError(
    `${folder} has room for ${megabytes(free)}, and ${megabytes(needed)} are needed; make room there or keep the files elsewhere`,
  );
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

function looksLikeHtml(chunk: Uint8Array): boolean {
  return /^\s*<(!doctype|html|head|\?xml)/i.test(Buffer.from(chunk.subarray(0, 64)).toString('latin1'));
}
