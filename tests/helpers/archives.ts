import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

export const CLASS_NAMES = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');
export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A CIFAR-10 record whose pixels are all different: pixel k of channel c in image i is (7i + 101c + k) mod 256. */
export function makeRecords(count: number, labelOf: (image: number) => number = (i) => i % 10): Buffer {
  const records = Buffer.alloc(count * 3073);
  for (let i = 0; i < count; i++) {
    records[i * 3073] = labelOf(i);
    for (let c = 0; c < 3; c++) {
      for (let k = 0; k < 1024; k++) records[i * 3073 + 1 + c * 1024 + k] = (7 * i + 101 * c + k) % 256;
    }
  }
  return records;
}

export type Members = Record<string, Buffer | string>;

/** The members of an archive in CIFAR-10's layout with five training files. */
export function makeMembers(imagesPerFile: number, records = makeRecords(imagesPerFile)): Members {
  const members: Members = { 'batches.meta.txt': `${CLASS_NAMES.join('\n')}\n\n` };
  for (let b = 1; b <= 5; b++) members[`data_batch_${b}.bin`] = records;
  return { ...members, 'readme.html': '<html></html>', 'test_batch.bin': records };
}

export async function makeTar(members: Members): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(members)) tar.entry({ name: `cifar-10-batches-bin/${name}` }, content);
  tar.finalize();
  return buffer(tar);
}

export async function makeArchive(members: Members): Promise<Buffer> {
  return gzipSync(await makeTar(members), { level: 1 });
}
