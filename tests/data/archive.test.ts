import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { DataError } from 'resnet-lab';
import { readArchive } from 'resnet-lab/dist/data/archive';
import { decodeRecords, emptySplit } from 'resnet-lab/dist/data/records';
import { type Members, makeArchive, makeMembers, makeRecords, makeTar } from '../helpers/archives';
import { temporaryFolder } from '../helpers/folder';

const folder = temporaryFolder();
const LAYOUT = { trainFiles: 5, imagesPerFile: 4 };
let files = 0;

function read(bytes: Uint8Array) {
  const path = join(folder, `${files++}.tar.gz`);
  writeFileSync(path, bytes);
  return readArchive(path, LAYOUT);
}

const refuses = (archive: Promise<Uint8Array> | Uint8Array, message: RegExp) =>
  assert.rejects(
    async () => read(await archive),
    (error: Error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
      return true;
    },
  );

describe('decodeRecords', () => {
  it('puts every byte of the planes where the format says it belongs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3072, maxLength: 3072 }), fc.nat(9), fc.nat(2), (planes, label, first) => {
        const split = emptySplit(3);
        decodeRecords(Uint8Array.from([label, ...planes]), split, first);
        assert.equal(split.labels[first], label);
        for (let y = 0; y < 32; y++) {
          for (let x = 0; x < 32; x++) {
            for (let c = 0; c < 3; c++) {
              if (split.images.get(first, y, x, c) !== planes[c * 1024 + y * 32 + x])
                assert.fail(`pixel ${y}, ${x}, ${c}`);
            }
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('readArchive', () => {
  it('reads the training files in order and the test file', async () => {
    const members = makeMembers(4);
    for (let b = 1; b <= 5; b++) members[`data_batch_${b}.bin`] = makeRecords(4, (i) => (b + i) % 10);
    const { train, test } = await read(await makeArchive(members));
    assert.deepEqual([...train.labels], [1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8]);
    assert.deepEqual([...test.labels], [0, 1, 2, 3]);
    assert.deepEqual(train.images.shape, [20, 32, 32, 3]);
    assert.equal(test.images.get(2, 3, 5, 1), (7 * 2 + 101 + 3 * 32 + 5) % 256);
  });

  it('does not mind the order of the members or where they lie', async () => {
    const members = Object.entries(makeMembers(4)).reverse();
    const moved: Members = Object.fromEntries(members.map(([name, content]) => [`./deeper/${name}`, content]));
    const { test } = await read(await makeArchive(moved));
    assert.deepEqual([...test.labels], [0, 1, 2, 3]);
  });

  it('refuses an archive that was cut off anywhere', async () => {
    const bytes = await makeArchive(makeMembers(4));
    const cuts = fc.integer({ min: 0, max: bytes.length - 1 });
    await fc.assert(
      fc.asyncProperty(cuts, (length) => refuses(bytes.subarray(0, length), /unpacked|lacks/)),
      { numRuns: 50 },
    );
  });

  it('never ends in anything but a DataError or the true images when bytes are altered', async () => {
    const bytes = await makeArchive(makeMembers(4));
    const change = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, value }) => {
        const altered = Buffer.from(bytes);
        altered[at] = value;
        const error = await read(altered).then(
          () => undefined,
          (reason) => reason,
        );
        assert.ok(error === undefined || error instanceof DataError, String(error));
      }),
      { numRuns: 100 },
    );
  });

  it('refuses what is not gzip, and gzip that is not tar', async () => {
    await refuses(Buffer.from('<html>sign in</html>'), /unpacked/);
    await refuses(gzipSync('not a tar archive '.repeat(100)), /unpacked|lacks/);
  });

  it('refuses a member of the wrong size, naming it', () => {
    const members = { ...makeMembers(4), 'data_batch_3.bin': makeRecords(4).subarray(1) };
    return refuses(makeArchive(members), /data_batch_3\.bin has 12291 bytes instead of 12292/);
  });

  it('refuses a label that is no class, naming it', () => {
    const members = { ...makeMembers(4), 'data_batch_2.bin': makeRecords(4, (i) => (i === 2 ? 10 : 0)) };
    return refuses(makeArchive(members), /image 2 of data_batch_2\.bin has the label 10/);
  });

  it('refuses classes in another order', () => {
    const members = { ...makeMembers(4), 'batches.meta.txt': 'cat\ndog\n' };
    return refuses(makeArchive(members), /names the classes cat, dog instead of airplane, automobile/);
  });

  it('refuses an archive that lacks a member, naming it', () => {
    const { 'test_batch.bin': _, ...members } = makeMembers(4);
    return refuses(makeArchive(members), /lacks test_batch\.bin/);
  });

  it('refuses an archive that is filled with something else', () => {
    const members = { 'holiday.jpg': Buffer.alloc(2 ** 21), ...makeMembers(4) };
    return refuses(makeArchive(members), /holiday\.jpg, which does not belong/);
  });

  it('takes no link for a file', async () => {
    const tar = await makeTar(makeMembers(4));
    const at = tar.indexOf('test_batch.bin') - 'cifar-10-batches-bin/'.length;
    tar[at + 156] = '2'.charCodeAt(0); // the type of a symbolic link
    let sum = 8 * 32;
    for (let i = 0; i < 512; i++) if (i < 148 || i > 155) sum += tar[at + i];
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
    await refuses(gzipSync(tar), /lacks test_batch\.bin|unpacked/);
  });
});
