// The one downloader, against a server that answers ranges (npm `send`), a real proxy (npm `proxy`) and servers that
// misbehave in the ways that servers do.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DataError, type Progress } from 'resnet-lab';
import { type DownloadOptions, download } from 'resnet-lab/dist/data/download';
import send from 'send';
import { sha256 } from '../helpers/archives';
import { temporaryFolder } from '../helpers/folder';
import { withServer } from '../helpers/server';

const root = temporaryFolder();
const FILE = randomBytes(1_000_000);
const EXPECTED = { sha256: sha256(FILE), bytes: FILE.length };
const PAUSES = [1, 2, 4];
writeFileSync(join(root, 'file.bin'), FILE);

let folder: string;
let target: string;
let folders = 0;
beforeEach(async () => {
  folder = join(root, `${folders++}`);
  target = join(folder, 'target.bin');
  await fs.mkdir(folder);
});
afterEach(() => mock.restoreAll());

const get = (url: string, options: DownloadOptions = {}, expected: { sha256: string; bytes?: number } = EXPECTED) =>
  download(url, target, expected, { pauses: PAUSES, ...options });
const partial = () => `${target}.partial`;
const left = () => readdirSync(folder);

function assertWhole(): void {
  assert.deepEqual(left(), ['target.bin']);
  assert.ok(readFileSync(target).equals(FILE));
}

async function refuses(attempt: Promise<void>, message: RegExp, leaves: string[] = []): Promise<void> {
  await assert.rejects(attempt, (error: Error) => {
    assert.ok(error instanceof DataError, String(error));
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(left(), leaves);
}

/** Serves the file with ranges, as npm `send` does, and cuts the connection after `bytes(request number)` of a body. */
function cuttingServer(bytes: (request: number) => number, seen: IncomingMessage[] = []): RequestListener {
  return (request, response) => {
    const most = bytes(seen.push(request) - 1);
    let sent = 0;
    const write = response.write.bind(response) as (chunk: Buffer, done?: () => void) => boolean;
    response.write = ((chunk: Buffer) => {
      const room = most - sent;
      sent += chunk.length;
      if (chunk.length <= room) return write(chunk);
      if (room > 0) write(chunk.subarray(0, room), () => response.socket?.end());
      else response.socket?.end();
      return false;
    }) as never;
    send(request, '/file.bin', { root }).pipe(response);
  };
}

describe('download', () => {
  it('goes on where it broke off, again and again', async () => {
    const seen: IncomingMessage[] = [];
    await withServer(
      cuttingServer((request) => (request < 8 ? 120_000 : FILE.length), seen),
      (url) => get(url),
    );
    assertWhole();
    const starts = seen.map(({ headers }) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? 'bytes=0-')?.[1]));
    assert.ok(seen.length >= 9 && starts[0] === 0);
    for (let i = 1; i < starts.length; i++) {
      const gained = starts[i] - starts[i - 1]; // what was in flight when the connection broke may be lost
      assert.ok(gained >= 0 && gained <= 120_000, `${starts}`);
    }
    assert.ok(
      seen.slice(1).every(({ headers }) => headers['if-range'] === undefined || !/^W\//.test(`${headers['if-range']}`)),
      'a weak ETag promises nothing',
    );
  });

  it('goes on in a later process', async () => {
    await withServer(
      cuttingServer((request) => (request === 0 ? 300_000 : 0)),
      (url) =>
        refuses(get(url), /could not be fetched .*0\.3 MB are kept, and the next try goes on there/, [
          'target.bin.partial',
        ]),
    );
    const seen: IncomingMessage[] = [];
    const progress: Progress[] = [];
    await withServer(
      cuttingServer(() => FILE.length, seen),
      (url) => get(url, { onProgress: (p) => progress.push(p) }),
    );
    assertWhole();
    assert.deepEqual(
      seen.map(({ headers }) => headers.range),
      ['bytes=300000-'],
    );
    assert.equal(progress.at(-1)?.receivedBytes, FILE.length);
    assert.equal(progress.at(-1)?.totalBytes, FILE.length);
  });

  it('starts anew where the server ignores ranges and answers 200', async () => {
    writeFileSync(partial(), FILE.subarray(0, 500_000));
    let requests = 0;
    await withServer(
      (_, response) => {
        requests += 1;
        response.writeHead(200, { 'content-length': FILE.length }).end(FILE);
      },
      (url) => get(url),
    );
    assertWhole();
    assert.equal(requests, 1);
  });

  it('gives up in the end on a server that ignores ranges and always breaks off', async () => {
    let requests = 0;
    await withServer(
      (_, response) => {
        requests += 1;
        response.writeHead(200, { 'content-length': FILE.length });
        response.write(FILE.subarray(0, 500_000), () => response.socket?.end());
      },
      (url) => refuses(get(url), /could not be fetched/, ['target.bin.partial']),
    );
    assert.equal(requests, 1 + PAUSES.length, 'the first gains something, the others nothing');
  });

  it('starts anew where the kept piece belongs to another file', async () => {
    writeFileSync(partial(), randomBytes(400_000));
    const seen: IncomingMessage[] = [];
    await withServer(
      cuttingServer(() => FILE.length, seen),
      (url) => get(url),
    );
    assertWhole();
    assert.deepEqual(
      seen.map(({ headers }) => headers.range),
      ['bytes=400000-', undefined],
    );
  });

  it('starts anew where the file has changed between two pieces', async () => {
    const other = randomBytes(FILE.length);
    const seen: string[] = [];
    await withServer(
      (request, response) => {
        seen.push(`${request.headers.range} ${request.headers['if-range']}`);
        if (seen.length === 1) {
          response.writeHead(200, { 'content-length': FILE.length, etag: '"old"' });
          response.write(other.subarray(0, 200_000), () => response.socket?.end());
        } else {
          response.writeHead(200, { 'content-length': FILE.length, etag: '"new"' }).end(FILE);
        }
      },
      (url) => get(url),
    );
    assertWhole();
    assert.deepEqual(seen, ['undefined undefined', 'bytes=200000- "old"']);
  });

  it('starts anew on a range that is not the one it asked for', async () => {
    writeFileSync(partial(), FILE.subarray(0, 1000));
    await withServer(
      (request, response) => {
        if (request.headers.range === undefined) response.writeHead(200).end(FILE);
        else response.writeHead(206, { 'content-range': `bytes 0-999/${FILE.length}` }).end(FILE.subarray(0, 1000));
      },
      (url) => get(url),
    );
    assertWhole();
  });

  it('notices that everything was there already', async () => {
    writeFileSync(partial(), FILE);
    const seen: IncomingMessage[] = [];
    await withServer(
      cuttingServer(() => FILE.length, seen),
      (url) => get(url, {}, { sha256: EXPECTED.sha256 }),
    );
    assertWhole();
    assert.equal(seen.length, 1);
  });

  it('waits longer and longer for a server that is busy, and as long as it asks', async () => {
    const times: number[] = [];
    await withServer(
      (request, response) => {
        times.push(performance.now());
        if (times.length < 4) response.writeHead(503, times.length === 3 ? { 'retry-after': '1' } : {}).end();
        else send(request, '/file.bin', { root }).pipe(response);
      },
      (url) => get(url, { pauses: [20, 40, 80] }),
    );
    assertWhole();
    const pauses = times.slice(1).map((time, i) => time - times[i]);
    for (const [i, least] of [20, 40, 1000].entries()) assert.ok(pauses[i] >= least - 1, `pause ${i}: ${pauses[i]}`);
  });

  it('says what a server that stays busy answered', () =>
    withServer(
      (_, response) => response.writeHead(503).end(),
      (url) => refuses(get(url), /could not be fetched \(the server answered 503 Service Unavailable\)/),
    ));

  it('does not try again what will not pass', async () => {
    for (const status of [400, 401, 403, 404, 410]) {
      let requests = 0;
      await withServer(
        (_, response) => {
          requests += 1;
          response.writeHead(status).end();
        },
        (url) => refuses(get(url), new RegExp(`the server answered ${status}`)),
      );
      assert.equal(requests, 1);
    }
  });

  it('waits until the date that a server names', async () => {
    let requests = 0;
    const start = performance.now();
    await withServer(
      (request, response) => {
        requests += 1;
        const date = new Date(Date.now() + 2000).toUTCString(); // without milliseconds: more than 1 s from now
        if (requests === 1) response.writeHead(429, { 'retry-after': date }).end();
        else send(request, '/file.bin', { root }).pipe(response);
      },
      (url) => get(url),
    );
    assertWhole();
    assert.ok(performance.now() - start > 999);
  });

  it('gives up on a server that trickles', async () => {
    let requests = 0;
    await withServer(
      (request, response) => {
        requests += 1;
        const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
        const head = { 'content-range': `bytes ${start}-${FILE.length - 1}/${FILE.length}` };
        response.writeHead(start > 0 ? 206 : 200, start > 0 ? head : { 'content-length': FILE.length });
        response.write(FILE.subarray(start, start + 100), () => response.socket?.end());
      },
      (url) => refuses(get(url), /could not be fetched/, ['target.bin.partial']),
    );
    assert.equal(requests, 1 + PAUSES.length);
  });

  it('goes on after a body that just ends early, where no length was declared', async () => {
    let requests = 0;
    await withServer(
      (request, response) => {
        requests += 1;
        if (requests === 1) response.writeHead(200).end(FILE.subarray(0, 400_000));
        else send(request, '/file.bin', { root }).pipe(response);
      },
      (url) => get(url),
    );
    assertWhole();
    assert.equal(requests, 2);
  });

  it('starts only once more when the pieces do not make the file', async () => {
    const other = randomBytes(FILE.length);
    writeFileSync(join(root, 'other.bin'), other);
    let requests = 0;
    await withServer(
      (request, response) => {
        requests += 1;
        if (request.headers.range !== undefined) return send(request, '/other.bin', { root }).pipe(response);
        response.writeHead(200, { 'content-length': other.length });
        return response.write(other.subarray(0, 500_000), () => response.socket?.end());
      },
      (url) => refuses(get(url), /its SHA-256 is/),
    );
    assert.equal(requests, 4);
  });

  it('starts anew on a range that can not be satisfied', async () => {
    writeFileSync(partial(), Buffer.alloc(5000));
    await withServer(
      (request, response) => {
        if (request.headers.range === undefined) response.writeHead(200, { 'content-length': FILE.length }).end(FILE);
        else response.writeHead(416, { 'content-range': 'bytes */4000' }).end();
      },
      (url) => get(url),
    );
    assertWhole();
  });

  it('takes a body whose length is that of its encoding', async () => {
    await withServer(
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(FILE)),
      (url) => get(url),
    );
    assertWhole();
  });

  it('fetches nothing when the file is there', async () => {
    writeFileSync(target, FILE);
    await get('http://127.0.0.1:9999/never-asked');
    assertWhole();
  });

  it('keeps what came before when it is refused', async () => {
    writeFileSync(partial(), FILE.subarray(0, 500_000));
    const keeps = ['target.bin.partial'];
    const page = '<!DOCTYPE html><html>Please sign in</html>';
    for (const type of ['text/html', 'application/octet-stream']) {
      await withServer(
        (_, response) => response.writeHead(200, { 'content-type': type }).end(page),
        (url) => refuses(get(url, {}, { sha256: EXPECTED.sha256 }), /a web page came instead of the file/, keeps),
      );
    }
    await withServer(
      (_, response) => response.writeHead(403).end(),
      (url) => refuses(get(url), /answered 403/, keeps),
    );
    assert.equal(statSync(partial()).size, 500_000);
  });

  it('follows a redirection with its range', async () => {
    writeFileSync(partial(), FILE.subarray(0, 600_000));
    const seen: IncomingMessage[] = [];
    await withServer(
      cuttingServer(() => FILE.length, seen),
      (url) =>
        withServer(
          (_, response) => response.writeHead(302, { location: `${url}/file.bin` }).end(),
          (first) => get(first),
        ),
    );
    assertWhole();
    assert.equal(seen[0].headers.range, 'bytes=600000-');
  });

  it('refuses a body without end and a size without end', async () => {
    const endless: RequestListener = (_, response) => {
      const chunk = Buffer.alloc(1 << 16);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    };
    await withServer(endless, (url) => refuses(get(url), /goes on after the expected 1000000 bytes/));
    await withServer(
      (_, response) => response.writeHead(200, { 'content-length': 1e15 }).end(),
      (url) =>
        refuses(get(url, {}, { sha256: EXPECTED.sha256 }), /has room for [\d.]+ MB, and 1000000000\.0 MB are needed/),
    );
  });

  it('checks for free space before it writes', async () => {
    mock.method(fs, 'statfs', async () => ({ bavail: 100, bsize: 4096 }));
    await withServer(
      cuttingServer(() => FILE.length),
      (url) => refuses(get(url), /has room for 0\.4 MB, and 1\.0 MB are needed; make room there/),
    );
    mock.method(fs, 'statfs', async () => ({ bavail: 300, bsize: 4096 }));
    await withServer(
      cuttingServer(() => FILE.length),
      (url) => refuses(get(url, { reserveBytes: 1_000_000 }), /has room for 1\.2 MB, and 2\.0 MB are needed/),
    );
    writeFileSync(partial(), FILE.subarray(0, 900_000)); // what is there already needs no room
    mock.method(fs, 'statfs', async () => ({ bavail: 30, bsize: 4096 }));
    await withServer(
      cuttingServer(() => FILE.length),
      (url) => get(url),
    );
    assertWhole();
  });

  it('passes on what the disk refuses, and leaves nothing', async () => {
    for (const [code, after] of [
      ['ENOSPC', 400_000],
      ['EIO', 0],
    ] as const) {
      const { open } = fs;
      mock.method(fs, 'open', async (path: string, ...rest: []) => {
        const file = await open(path, ...rest);
        const write = file.write.bind(file) as (...args: unknown[]) => unknown;
        file.write = (async (buffer: Buffer, offset: number, length: number, at: number) => {
          if (at + length > after) throw Object.assign(new Error(code), { code, syscall: 'write' });
          return write(buffer, offset, length, at);
        }) as never;
        return file;
      });
      await withServer(
        cuttingServer(() => FILE.length),
        (url) => assert.rejects(get(url), { code }),
      );
      assert.deepEqual(left(), []);
      mock.restoreAll();
    }
  });

  it('goes through the proxy that the environment names, with and without a tunnel', async () => {
    const { createProxy } = await import('proxy');
    const asked: string[] = [];
    const proxy = createProxy(createServer());
    proxy.on('request', ({ url }) => asked.push(`${url}`));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const before = { ...process.env };
    try {
      process.env.http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      process.env.no_proxy = '';
      await withServer(
        cuttingServer(() => FILE.length),
        async (url) => {
          await get(`${url}/a`);
          assert.deepEqual(asked, [`${url}/a`], 'in absolute form, to the proxy');
          assertWhole();
          await fs.rm(target);
          process.env.no_proxy = '127.0.0.1';
          await get(`${url}/b`);
          assert.equal(asked.length, 1, 'NO_PROXY keeps it out');
          await fs.rm(target);
        },
      );
      process.env.no_proxy = '';
      const connects: string[] = [];
      proxy.on('connect', ({ url }) => connects.push(`${url}`));
      process.env.https_proxy = process.env.http_proxy;
      await refuses(get('https://127.0.0.1:9999/x'), /could not be fetched/);
      assert.ok(
        connects.length > 0 && connects.every((address) => address === '127.0.0.1:9999'),
        'https through a tunnel',
      );
      process.env.http_proxy = 'ftp://proxy';
      await refuses(get('http://127.0.0.1:9999/x'), /the proxy that HTTP_PROXY or HTTPS_PROXY names can't be used/);
    } finally {
      process.env = before;
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('survives being killed in the middle', async () => {
    await withServer(
      (request, response) => {
        if (request.headers.range !== undefined) return send(request, '/file.bin', { root }).pipe(response);
        response.writeHead(200, { 'content-length': FILE.length });
        return response.write(FILE.subarray(0, 700_000)); // and no more
      },
      async (url) => {
        const script = join(__dirname, '..', '..', 'lib', 'dist', 'data', 'download.js');
        const parts = [script, url, target, EXPECTED].map((part) => JSON.stringify(part));
        const code = `require(${parts[0]}).download(${parts[1]}, ${parts[2]}, ${parts[3]})`;
        const child = spawn(process.execPath, ['-e', code], { stdio: 'inherit' });
        while (!existsSync(partial()) || statSync(partial()).size < 700_000) await new Promise((r) => setTimeout(r, 5));
        child.kill('SIGKILL');
        await new Promise((resolve) => child.on('exit', resolve));
        await get(url);
        assertWhole();
      },
    );
  });
});
