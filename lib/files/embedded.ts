import { readFile } from 'node:fs/promises';
import { DataError, reason } from '../errors';
import { sha256 } from './atomic';

/** Throws a DataError unless a file that came with this project is the one that it should be. */
export async function checkEmbedded(file: string, expected: string): Promise<void> {
  const fault = await readFile(file).then(
    (bytes) => (sha256(bytes) === expected ? undefined : `has the SHA-256 ${sha256(bytes)} instead of ${expected}`),
    (error) => `can't be read (${reason(error)})`,
  );
  if (fault !== undefined) {
    throw new DataError(`${file} ${fault}. Restore it with git checkout -- ${file}, or install resnet-lab again.`);
  }
}
