import { type Cifar10Options, loadCifar10, readCachedCifar10 } from './cifar10';
import { loadEmoji10 } from './emoji10';
import type { Dataset } from './types';

export type DatasetName = 'auto' | 'cifar10' | 'emoji10';

/**
 * The data set that the lessons use, and one line on the console that says which it is: CIFAR-10 when it is cached or
 * the variable `RESNET_DATA` is `cifar10`, else the embedded Emoji-10. A name asks for one of the two.
 *
 * @throws RangeError for another name; DataError as `loadCifar10` and `loadEmoji10` do.
 */
export async function loadDataset(name: DatasetName = 'auto', options: Cifar10Options = {}): Promise<Dataset> {
  const dataset = await load(name === 'auto' ? process.env.RESNET_DATA || 'auto' : name, options);
  console.log(describe(dataset));
  return dataset;
}

async function load(name: string, options: Cifar10Options): Promise<Dataset> {
  if (name === 'cifar10') return loadCifar10(options);
  if (name === 'emoji10') return loadEmoji10();
  if (name === 'auto') return (await readCachedCifar10(options)) ?? loadEmoji10();
  throw new RangeError(`The data set (or RESNET_DATA) should be 'cifar10', 'emoji10' or 'auto', received '${name}'.`);
}

/** One line: the name, the number of images, and whether the files are the official ones. */
function describe({ name, source, train, test }: Dataset): string {
  const counts = `${train.labels.length.toLocaleString('en')} training and ${test.labels.length.toLocaleString('en')} test images`;
  const origin =
    name === 'Emoji-10'
      ? 'embedded'
      : source.official
        ? 'the official archive'
        : `NOT the official archive: ${source.url}`;
  return `${name}: ${counts} (${origin}).`;
}
