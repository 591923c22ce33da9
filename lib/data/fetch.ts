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
  await makeFolder(dirname(file));
  const fetch = () => {
    const bar = terminalProgress(title);
    return download(url, file, expected, { onProgress: bar.update }).finally(bar.stop);
  };
  await withLock(`${file}.lock`, fetch, ({ pid, host }: Holder) =>
    console.log(`Process ${pid} on ${host} is fetching ${basename(file)}; waiting for it.`),
  );
}
