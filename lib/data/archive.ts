import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { DataError, reason } from '../errors';
import { decodeRecords, emptySplit, RECORD_BYTES } from './records';
import type { Split } from './types';

/** The ten classes of CIFAR-10, in the order of their labels. */
export const CLASS_NAMES: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/** How an archive in CIFAR-10's layout is divided: `trainFiles` files data_batch_N.bin and one test_batch.bin. */
export interface ArchiveLayout {
  trainFiles: number;
  imagesPerFile: number;
}

/** What else an archive may hold (a page to read, say) before it is taken for something else. */
const OTHER_BYTES = 1 << 20;
const NAMES_FILE = 'batches.meta.txt';
const TEST_FILE = 'test_batch.bin';

/**
 * Reads a gzipped tar archive in the layout of `cifar-10-binary.tar.gz` as a stream: one member at a time is in memory.
 * Members are found by name, whatever folder they lie in, and nothing is ever written where a member's name points.
 *
 * @throws DataError when the archive is not gzip, ends early, lacks a member, or has one of the wrong size or label.
 */
export async function readArchive(path: string, layout: ArchiveLayout): Promise<{ train: Split; test: Split }> {
  const { trainFiles, imagesPerFile } = layout;
  const train = emptySplit(trainFiles * imagesPerFile);
  const test = emptySplit(imagesPerFile);
  const places = new Map<string, { split: Split; first: number }>([[TEST_FILE, { split: test, first: 0 }]]);
  for (let i = 0; i < trainFiles; i++) {
    places.set(`data_batch_${i + 1}.bin`, { split: train, first: i * imagesPerFile });
  }
  const missing = new Set([NAMES_FILE, ...places.keys()]);

  const members = extract();
  const reading = pipeline(createReadStream(path), createGunzip(), members);
  reading.catch(() => {}); // reported below: the loop over the members fails first
  let otherBytes = 0;
  try {
    for await (const member of members) {
      const { name, size = 0, type } = member.header;
      const base = name.split('/').at(-1) ?? '';
      if (type !== 'file' || !missing.has(base)) {
        otherBytes += size;
        if (otherBytes > OTHER_BYTES) throw new DataError(`it holds ${name}, which does not belong to it`);
        member.resume();
        continue;
      }
      missing.delete(base);
      const place = places.get(base);
      if (place === undefined) {
        checkNames(await readMember(member, base, size, [1, 1000]));
      } else {
        const expected = imagesPerFile * RECORD_BYTES;
        const records = await readMember(member, base, size, [expected, expected]);
        checkLabels(records, base);
        decodeRecords(records, place.split, place.first);
      }
    }
    await reading;
  } catch (error) {
    throw error instanceof DataError ? error : new DataError(`it can't be unpacked (${reason(error)})`);
  }
  if (missing.size > 0) throw new DataError(`it lacks ${[...missing].join(', ')}`);
  return { train, test };
}

/** The bytes of a member, once its declared size is one that is expected. */
async function readMember(
  member: AsyncIterable<unknown>,
  name: string,
  size: number,
  range: [number, number],
): Promise<Uint8Array> {
  const [least, most] = range;
  if (size < least || size > most) {
    const expected = least === most ? `${least}` : `${least} to ${most}`;
    throw new DataError(`${name} has ${size} bytes instead of ${expected}`);
  }
  const bytes = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of member as AsyncIterable<Uint8Array>) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}

function checkNames(text: Uint8Array): void {
  const names = Buffer.from(text).toString('latin1').trim().split(/\s+/);
  if (names.join() !== CLASS_NAMES.join()) {
    throw new DataError(`${NAMES_FILE} names the classes ${names.join(', ')} instead of ${CLASS_NAMES.join(', ')}`);
  }
}

function checkLabels(records: Uint8Array, name: string): void {
  for (let i = 0; i * RECORD_BYTES < records.length; i++) {
    const label = records[i * RECORD_BYTES];
    if (label >= CLASS_NAMES.length) {
      throw new DataError(
        `image ${i} of ${name} has the label ${label}, and labels are 0 to ${CLASS_NAMES.length - 1}`,
      );
    }
  }
}
