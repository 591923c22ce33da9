import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DataError, reason } from '../errors';
import type { Progress } from './progress';

/** What a downloaded file must be before anybody uses it. */
export interface Expectation {
  /** Lower-case hexadecimal. */
  sha256: string;
  /** Exact size in bytes, where it is known. */
  bytes?: number;
}

/** A server that sends nothing for this long is taken for dead. */
const SILENCE_MS = 60_000;
/** Larger than any file of this project: a body that never ends stops here. */
const MOST_BYTES = 2 ** 30;
const PROGRESS_MS = 200;
const WEB_PAGE = 'a web page came instead of the file; a network that asks you to sign in first does that';

/**
 * Fetches `url` (http, https or file) into the file `target`, hashing while it streams. `target` exists afterwards only
 * if its size and SHA-256 are the expected ones.
 *
 * @throws DataError whose message goes on after "… could not be used: ".
 */
export async function download(
  url: string,
  target: string,
  expected: Expectation,
  onProgress?: (progress: Progress) => void,
): Promise<void> {
  try {
    const body = await openUrl(url, expected);
    const { bytes, sha256 } = await save(body, target, expected.bytes, onProgress);
    if (expected.bytes !== undefined && bytes !== expected.bytes) {
      throw new DataError(`it ended after ${bytes} of ${expected.bytes} bytes`);
    }
    if (sha256 !== expected.sha256) throw new DataError(`its SHA-256 is ${sha256} instead of ${expected.sha256}`);
  } catch (error) {
    await rm(target, { force: true });
    throw error instanceof DataError ? error : new DataError(`it could not be fetched (${reason(error)})`);
  }
}

interface Body {
  chunks: AsyncIterable<Uint8Array>;
  totalBytes: number | undefined;
  /** Ends the transfer from our side. */
  abort: (reason?: Error) => void;
}

async function openUrl(url: string, expected: Expectation): Promise<Body> {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'file:') {
    const stream = (await open(fileURLToPath(url))).createReadStream();
    return { chunks: stream, totalBytes: expected.bytes, abort: (reason) => stream.destroy(reason) };
  }
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new DataError('an address starts with https://, http:// or file://');
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('no answer within 60 s')), SILENCE_MS);
  const response = await fetch(url, { signal: controller.signal }).finally(() => clearTimeout(timer));
  const refuse = (message: string) => {
    controller.abort();
    return new DataError(message);
  };
  if (!response.ok) throw refuse(`the server answered ${response.status} ${response.statusText}`.trim());
  if (response.body === null) throw refuse('the server sent nothing');
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    throw refuse(WEB_PAGE);
  }
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  const encoded = response.headers.has('content-encoding'); // then the length is that of the encoded body
  const totalBytes = Number.isFinite(declared) && !encoded ? declared : expected.bytes;
  if (expected.bytes !== undefined && totalBytes !== expected.bytes) {
    throw refuse(`the server offers ${totalBytes} bytes instead of ${expected.bytes}`);
  }
  return {
    chunks: response.body as AsyncIterable<Uint8Array>,
    totalBytes,
    abort: (reason) => controller.abort(reason),
  };
}

/** Writes the body to a file that must not exist yet, and hashes it on the way. */
async function save(
  body: Body,
  target: string,
  expectedBytes: number | undefined,
  onProgress?: (progress: Progress) => void,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const most = expectedBytes ?? MOST_BYTES;
  const report = progressReporter(body.totalBytes, onProgress);
  const file = await open(target, 'wx');
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  try {
    const stalled = () => {
      clearTimeout(timer);
      timer = setTimeout(() => body.abort(new Error('nothing came for 60 s')), SILENCE_MS);
    };
    stalled();
    for await (const chunk of body.chunks) {
      stalled();
      if (bytes === 0 && looksLikeHtml(chunk)) {
        throw new DataError(WEB_PAGE);
      }
      bytes += chunk.length;
      if (bytes > most) throw new DataError(`it goes on after the expected ${most} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
      report(bytes);
    }
    report(bytes, true);
  } finally {
    clearTimeout(timer);
    body.abort();
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

function looksLikeHtml(chunk: Uint8Array): boolean {
  return /^\s*<(!doctype|html|head|\?xml)/i.test(Buffer.from(chunk.subarray(0, 64)).toString('latin1'));
}

/** Calls `onProgress` a few times a second, and once more at the end. */
function progressReporter(totalBytes: number | undefined, onProgress?: (progress: Progress) => void) {
  const start = performance.now();
  let last = start;
  return (receivedBytes: number, done = false) => {
    const now = performance.now();
    if (onProgress === undefined || (!done && now - last < PROGRESS_MS)) return;
    last = now;
    const bytesPerSecond = receivedBytes / Math.max((now - start) / 1000, 1e-3);
    const secondsLeft = totalBytes === undefined ? undefined : Math.max(totalBytes - receivedBytes, 0) / bytesPerSecond;
    onProgress({ receivedBytes, totalBytes, bytesPerSecond, secondsLeft });
  };
}
