// loadCifar10 as a learner meets it: what goes wrong gives one sentence and leaves nothing behind.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DataError, loadCifar10, loadDataset, type Progress } from 'resnet-lab';
import { makeArchive, makeMembers, makeRecords, sha256 } from '../helpers/archives';
import { temporaryFolder } from '../helpers/folder';
import { withServer } from '../helpers/server';

const folder = temporaryFolder();
let archive: Buffer;
let cacheDir: string;
let caches = 0;

before(async () => {
  archive = await makeArchive(makeMembers(10_000));
});

function use(url: string, hash: string | undefined): void {
  cacheDir = join(folder, `cache-${caches++}`);
  process.env.CIFAR10_URL = url;
  if (hash === undefined) delete process.env.CIFAR10_SHA256;
  else process.env.CIFAR10_SHA256 = hash;
}

function store(bytes: Uint8Array): string {
  const path = join(folder, 'archive.tar.gz');
  writeFileSync(path, bytes);
  return pathToFileURL(path).href;
}

afterEach(() => {
  rmSync(cacheDir, { recursive: true, force: true }); // 184 MB each
  delete process.env.CIFAR10_URL;
  delete process.env.CIFAR10_SHA256;
});

const quiet = { onProgress: () => {} };

/** The one sentence, and an empty cache but for what a fetch that broke off may go on with. */
async function assertRefused(message: RegExp, keeps: string[] = []): Promise<void> {
  await assert.rejects(loadCifar10({ cacheDir, ...quiet }), (error: Error) => {
    assert.ok(error instanceof DataError, String(error));
    assert.match(error.message, message);
    assert.match(
      error.message,
      /^CIFAR-10 from \S+ could not be used: .*npm run data.*loadDataset\('emoji10'\).*--data emoji10\.$/,
    );
    return true;
  });
  assert.deepEqual(existsSync(cacheDir) ? readdirSync(cacheDir) : [], keeps);
}

describe('loadCifar10', () => {
  it('reads an archive from a file, then from the cache without the file', async () => {
    use(store(archive), sha256(archive));
    const first = await loadCifar10({ cacheDir, ...quiet });
    assert.equal(first.name, 'CIFAR-10');
    assert.equal(first.classNames[9], 'truck');
    assert.deepEqual(first.source, { url: process.env.CIFAR10_URL, sha256: sha256(archive), official: false });
    assert.deepEqual(first.train.images.shape, [50_000, 32, 32, 3]);
    assert.deepEqual(first.test.images.shape, [10_000, 32, 32, 3]);
    assert.equal(first.train.images.get(10_003, 1, 2, 2), (7 * 3 + 202 + 34) % 256);

    process.env.CIFAR10_URL = 'file:///gone';
    const second = await loadCifar10({ cacheDir, ...quiet });
    assert.deepEqual(second.source, first.source);
    assert.ok(Buffer.from(second.train.images.data).equals(Buffer.from(first.train.images.data)));
    assert.deepEqual(second.test.labels, first.test.labels);
    assert.equal(readdirSync(cacheDir).length, 1, 'the archive itself is not kept');
  });

  it('makes a damaged cache anew', async () => {
    use(store(archive), sha256(archive));
    const first = await loadCifar10({ cacheDir, ...quiet });
    const images = join(cacheDir, readdirSync(cacheDir)[0], 'test-images.bin');
    const bytes = readFileSync(images);
    bytes[1234] ^= 1;
    writeFileSync(images, bytes);
    const second = await loadCifar10({ cacheDir, ...quiet });
    assert.equal(second.test.images.data[1234], first.test.images.data[1234]);
  });

  it('clears away what a killed process left', async () => {
    use(store(archive), sha256(archive));
    const left = join(cacheDir, `cifar-10-${sha256(archive)}.part`);
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'train-images.bin'), 'half');
    const lock = join(cacheDir, `cifar-10-${sha256(archive)}.lock`);
    writeFileSync(lock, JSON.stringify({ pid: 999_999_999, host: hostname() }));
    await loadCifar10({ cacheDir, ...quiet });
    assert.equal(readdirSync(cacheDir).length, 1);
  });

  it('fetches once for two callers of the same process', async () => {
    use(store(archive), sha256(archive));
    const both = await Promise.all([loadCifar10({ cacheDir, ...quiet }), loadCifar10({ cacheDir, ...quiet })]);
    assert.deepEqual(both[0].source, both[1].source);
    assert.equal(readdirSync(cacheDir).length, 1);
  });

  it('serves two processes at once with one fetch', async () => {
    let requests = 0;
    let told = () => {};
    const isWaiting = new Promise<void>((resolve) => {
      told = resolve;
    });
    await withServer(
      async (_, response) => {
        requests += 1;
        response.writeHead(200, { 'content-length': archive.length });
        await isWaiting; // the second process, for the first
        response.end(archive);
      },
      async (url) => {
        use(`${url}/cifar.tar.gz`, sha256(archive));
        const code = `require('resnet-lab').loadCifar10({ cacheDir: ${JSON.stringify(cacheDir)}, onProgress() {} }).then((d) => console.log(d.test.labels.length))`;
        const run = () =>
          new Promise<string>((resolve) => {
            const child = execFile(process.execPath, ['-e', code], { env: process.env }, (error, stdout) =>
              resolve(error?.message ?? stdout),
            );
            child.stdout?.on('data', (text) => text.includes('waiting') && told());
          });
        const [first, second] = (await Promise.all([run(), run()])).sort((a, b) => a.length - b.length);
        assert.equal(first, '10000\n');
        assert.match(second, /^Process \d+ on .+ is fetching cifar-10-[0-9a-f]+; waiting for it\.\n10000\n$/);
      },
    );
    assert.equal(requests, 1);
    assert.equal(readdirSync(cacheDir).length, 1);
  });

  it('says that a cache can not be written', async () => {
    use(store(archive), sha256(archive));
    writeFileSync(cacheDir, 'a file');
    await assert.rejects(
      loadCifar10({ cacheDir, ...quiet }),
      /DataError: CIFAR-10 could not be kept in .*: a file of that name is in the way \(EEXIST.*another cacheDir/,
    );
  });

  it('reports bytes, rate and time left while it fetches', async () => {
    const seen: Progress[] = [];
    const size = archive.length;
    await withServer(
      (_, response) => response.writeHead(200, { 'content-length': size }).end(archive),
      async (url) => {
        use(`${url}/cifar.tar.gz`, sha256(archive));
        await loadCifar10({ cacheDir, onProgress: (progress) => seen.push(progress) });
      },
    );
    const last = seen.at(-1);
    assert.equal(last?.receivedBytes, size);
    assert.equal(last?.totalBytes, size);
    assert.equal(last?.secondsLeft, 0);
    assert.ok((last?.bytesPerSecond ?? 0) > 0);
  });

  it('refuses an archive cut off by the server', () =>
    withServer(
      (_, response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(archive.subarray(0, archive.length / 2), () => response.destroy());
      },
      (url) => {
        use(url, sha256(archive));
        return assertRefused(/could not be fetched .* are kept, and the next try goes on there/, [
          `cifar-10-${sha256(archive)}.tar.gz.partial`,
        ]);
      },
    ));

  it('refuses a truncated file by its hash', () => {
    use(store(archive.subarray(0, archive.length - 100)), sha256(archive));
    return assertRefused(/its SHA-256 is [0-9a-f]{64} instead of [0-9a-f]{64}/);
  });

  it('refuses an altered archive', () => {
    const altered = Buffer.from(archive);
    altered[altered.length >> 1] ^= 1;
    use(store(altered), sha256(archive));
    return assertRefused(/its SHA-256 is/);
  });

  it('refuses, before it is fetched, an archive whose size is not the official one', () =>
    withServer(
      (_, response) => response.writeHead(200, { 'content-length': archive.length }).end(archive),
      (url) => {
        use(url, undefined);
        return assertRefused(new RegExp(`offers ${archive.length} bytes instead of 170052171`));
      },
    ));

  it('refuses a body that goes on after the official size', () =>
    withServer(
      (_, response) => {
        const chunk = Buffer.alloc(1 << 20);
        const more = () => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on('drain', more);
        more();
      },
      (url) => {
        use(url, undefined);
        return assertRefused(/goes on after the expected 170052171 bytes/);
      },
    ));

  it('refuses an archive with the right hash and a wrong label', async () => {
    const bytes = await makeArchive(
      makeMembers(
        10_000,
        makeRecords(10_000, (i) => (i === 77 ? 11 : 0)),
      ),
    );
    use(store(bytes), sha256(bytes));
    await assertRefused(/image 77 of data_batch_1\.bin has the label 11/);
  });

  it('refuses an archive with the right hash and too few images', async () => {
    const bytes = await makeArchive(makeMembers(10));
    use(store(bytes), sha256(bytes));
    await assertRefused(/data_batch_1\.bin has 30730 bytes instead of 30730000/);
  });

  it('knows a captive portal, by its type and by its text', async () => {
    const page = '<!DOCTYPE html><html>Please sign in</html>';
    for (const type of ['text/html; charset=utf-8', 'application/octet-stream']) {
      await withServer(
        (_, response) => response.writeHead(200, { 'content-type': type }).end(page),
        (url) => {
          use(url, sha256(archive));
          return assertRefused(/a web page came instead of the file/);
        },
      );
    }
  });

  it('says what the server answered', () =>
    withServer(
      (_, response) => response.writeHead(404).end(),
      (url) => {
        use(url, sha256(archive));
        return assertRefused(/the server answered 404 Not Found/);
      },
    ));

  it('says that there is no network', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    use(`http://127.0.0.1:${port}/cifar.tar.gz`, sha256(archive));
    await assertRefused(/could not be fetched \(connect ECONNREFUSED .+\)/);
  });

  it('refuses an address of another kind and a file that is not there', async () => {
    use('ftp://example.org/cifar.tar.gz', sha256(archive));
    await assertRefused(/starts with https:\/\//);
    use('file:///not/there.tar.gz', sha256(archive));
    await assertRefused(/ENOENT/);
  });

  it('refuses a hash that is none', async () => {
    use(store(archive), 'abc');
    await assert.rejects(loadCifar10({ cacheDir }), /RangeError.*64 hexadecimal digits.*'abc'/);
  });
});

describe('loadDataset', () => {
  it('takes CIFAR-10 when it is cached, else Emoji-10, and says which', async () => {
    use(store(archive), sha256(archive));
    assert.equal((await loadDataset('auto', { cacheDir })).name, 'Emoji-10');
    await loadDataset('cifar10', { cacheDir, ...quiet });
    assert.equal((await loadDataset('auto', { cacheDir })).name, 'CIFAR-10');
    assert.equal((await loadDataset('emoji10', { cacheDir })).name, 'Emoji-10');
  });

  it('refuses another name', () =>
    assert.rejects(loadDataset('mnist' as 'auto'), /'cifar10', 'emoji10' or 'auto', received 'mnist'/));
});
