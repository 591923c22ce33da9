import { EventEmitter, once } from 'node:events';
import { DataError, reason } from '../errors';

/** What an address sends. */
export interface Body {
  /** Position of its first byte in the file. */
  start: number;
  chunks: AsyncIterable<Uint8Array>;
  /** Of the whole file, where the server says. */
  totalBytes: number | undefined;
  /** Tells this version of the file from another. */
  validator?: string;
  /** Ends the transfer from our side. */
  close: () => void;
}

/** Something that may pass: another attempt is worthwhile. */
export class Interruption extends Error {
  constructor(
    message: string,
    /** The least pause before the next attempt, where the server names one. */
    readonly pauseMs?: number,
  ) {
    super(message);
  }
}

/** A server that sends nothing for this long is taken for dead. */
const SILENCE_MS = 60_000;
/** A server may ask for patience; nobody waits longer than this for a lesson to begin. */
const MOST_PATIENCE_MS = 60_000;
/** What is read ahead of the disk. */
const MOST_WAITING_BYTES = 2 ** 23;
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
export const WEB_PAGE = 'a web page came instead of the file; a network that asks you to sign in first does that';

/**
 * Asks for a file from byte `have` on, by way of the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. The body
 * starts at 0 where the server sends all of it, because it can't do otherwise or because its file has changed.
 *
 * @param validator of what was fetched so far.
 * @throws Interruption when another attempt may help, DataError when none will.
 */
export async function openUrl(url: string, have: number, validator: string | undefined, bytes?: number): Promise<Body> {
  const { EnvHttpProxyAgent, fetch } = await import('undici'); // loaded by those alone who fetch something
  const dispatcher = makeDispatcher();
  const close = () => void dispatcher.destroy();
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (have > 0) headers.range = `bytes=${have}-`;
  if (have > 0 && validator !== undefined) headers['if-range'] = validator;
  try {
    const response = await fetch(url, { dispatcher, headers });
    const { status, statusText, body } = response;
    const range = parseRange(response.headers.get('content-range'));
    if (status === 416 && response.headers.get('content-range') === `bytes */${have}`) {
      return { start: have, chunks: passing(nothing(), 0), totalBytes: have, close }; // it was all there already
    }
    if (have > 0 && (status === 416 || (status === 206 && range?.start !== have))) return openAgain();
    if (PASSING.has(status)) {
      const pause = pauseOf(response.headers.get('retry-after'));
      throw new Interruption(`the server answered ${status} ${statusText}`.trim(), pause);
    }
    if (status !== 200 && status !== 206) throw new DataError(`the server answered ${status} ${statusText}`.trim());
    if (body === null) throw new DataError('the server sent nothing');
    if (response.headers.get('content-type')?.startsWith('text/html')) throw new DataError(WEB_PAGE);
    const declared = status === 206 ? range?.total : lengthOf(response.headers);
    const totalBytes = declared ?? bytes;
    if (bytes !== undefined && totalBytes !== bytes) {
      throw new DataError(`the server offers ${totalBytes} bytes instead of ${bytes}`);
    }
    const start = status === 206 ? have : 0;
    return {
      start,
      chunks: passing(body as AsyncIterable<Uint8Array>, (totalBytes ?? start) - start),
      totalBytes,
      validator: validatorOf(response.headers),
      close,
    };
  } catch (error) {
    close();
    throw error instanceof DataError || error instanceof Interruption ? error : new Interruption(reason(error));
  }

  function makeDispatcher() {
    try {
      // As curl does: plain http is asked of the proxy itself, https goes through a tunnel.
      return new EnvHttpProxyAgent({ headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS, proxyTunnel: false });
    } catch (error) {
      throw new DataError(`the proxy that HTTP_PROXY or HTTPS_PROXY names can't be used (${reason(error)})`);
    }
  }

  function openAgain(): Promise<Body> {
    close();
    return openUrl(url, 0, undefined, bytes);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/**
 * The chunks of a body of so many bytes, read at once and kept until they are asked for: a stream that breaks off throws
 * away what it has received and nobody has read. What breaks off, or just ends early, is an interruption after them.
 */
function passing(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncIterable<Uint8Array> {
  const queue: Uint8Array[] = [];
  let [left, waiting] = [bytes, 0];
  let [ended, failure]: [boolean, Interruption | undefined] = [false, undefined];
  const changes = new EventEmitter();
  const read = async () => {
    for await (const chunk of chunks) {
      left -= chunk.length;
      waiting += chunk.length;
      queue.push(chunk);
      changes.emit('chunk');
      while (waiting > MOST_WAITING_BYTES) await once(changes, 'taken');
    }
    if (left > 0) throw new Interruption(`the server stopped ${left} bytes before the end`);
  };
  read()
    .catch((error) => {
      failure = error instanceof Interruption ? error : new Interruption(reason(error));
    })
    .finally(() => {
      ended = true;
      changes.emit('chunk');
    });
  return (async function* take() {
    for (;;) {
      const chunk = queue.shift();
      if (chunk !== undefined) {
        waiting -= chunk.length;
        changes.emit('taken');
        yield chunk;
      } else if (!ended) {
        await once(changes, 'chunk');
      } else if (failure) {
        throw failure;
      } else {
        return;
      }
    }
  })();
}

type Headers = { get(name: string): string | null };

/** The size that a body of 200 declares; undefined when it says none, or that of an encoded body. */
function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.get('content-encoding') !== null ? undefined : Number(length);
}

/** A weak ETag does not promise the same bytes. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return (tag?.startsWith('"') ? tag : headers.get('last-modified')) ?? undefined;
}

function parseRange(text: string | null): { start: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(text ?? '');
  return match ? { start: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2]) } : undefined;
}

/** Retry-After: seconds, or a date. */
function pauseOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return milliseconds > 0 ? Math.min(milliseconds, MOST_PATIENCE_MS) : undefined;
}
