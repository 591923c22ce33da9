import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataError } from './errors';

/** The `data` folder of the repository that this library stands in: embedded data, and the cache that git ignores. */
export function dataFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const data = join(folder, 'data');
    if (existsSync(join(data, 'emoji10', 'emoji-10-binary.tar.gz'))) return data;
    if (folder === dirname(folder)) {
      throw new DataError(
        `The folder data/emoji10 was not found above ${__dirname}; use resnet-lab from within its repository.`,
      );
    }
  }
}
