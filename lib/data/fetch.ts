import { basename, dirname } from 'node:path';
import { makeFolder } from '../files/atomic';
import { type Holder, withLock } from '../files/lock';
import { download, type Expectation } from './download';
import { terminalProgress } from './progress';

/**
 * Fetches a file where it is not there yet, or is not what it should be; of several processes one does it and the others
 * wait. Its hash is checked at every call.
 *
 * @throws DataError whose message goes on after "… could not be used: ".
 */
export async function fetchOnce(url: string, file: string, expected: Expectation, title: string): Promise<void> {
  await fetchAlone(file, () => {
    const bar = terminalProgress(title);
    return download(url, file, expected, { onProgress: bar.update }).finally(bar.stop);
  });
}

/** Has one process at a time fetch what becomes the file or folder `path`; the others say what they wait for. */
export async function fetchAlone(path: string, fetch: () => Promise<void>): Promise<void> {
  await makeFolder(dirname(path));
  await withLock(`${path}.lock`, fetch, ({ pid, host }: Holder) =>
    console.log(`Process ${pid} on ${host} is fetching ${basename(path)}; waiting for it.`),
  );
}

/** The SHA-256 that an environment variable names; undefined when it is not set. */
export function sha256From(variable: string): string | undefined {
  const value = process.env[variable];
  if (!value) return undefined;
  if (!/^[0-9a-f]{64}$/i.test(value)) {
    throw new RangeError(
      `${variable} should be the 64 hexadecimal digits of a SHA-256, received '${value.toLowerCase()}'.`,
    );
  }
  return value.toLowerCase();
}
