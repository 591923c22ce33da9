import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkEmbedded } from '../files/embedded';
import { dataFolder } from '../paths';
import { CLASS_NAMES, readArchive } from './archive';
import type { Dataset } from './types';

const SHA256 = '9103414cdeb9a0ab280f9ea2019b9ea9b1b01d4159872d2097744ea245c81e16';
const LAYOUT = { trainFiles: 5, imagesPerFile: 1000 };

/**
 * Emoji-10, embedded in the repository: 5,000 training and 1,000 test images of 32×32 pixels in CIFAR-10's ten classes,
 * drawn from openly licensed emoji (data/README.md). Test images use drawings that no training image shows.
 *
 * @returns images of shape [N, 32, 32, 3] (bytes), labels of shape [N].
 * @throws DataError when the embedded file is missing or has been changed.
 */
export async function loadEmoji10(): Promise<Dataset> {
  const path = join(dataFolder(), 'emoji10', 'emoji-10-binary.tar.gz');
  await checkEmbedded(path, SHA256);
  const source = { url: pathToFileURL(path).href, sha256: SHA256, official: true };
  return { name: 'Emoji-10', classNames: [...CLASS_NAMES], source, ...(await readArchive(path, LAYOUT)) };
}
