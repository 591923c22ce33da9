import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** The process that holds a lock. */
export interface Holder {
  pid: number;
  host: string;
}

/** Says whether a lock was got: with `release`, or who has it. */
export type Claim = { release: () => Promise<void>; holder?: undefined } | { release?: undefined; holder: Holder };

/** The holder says this often that it is alive; a process of another machine that is silent for `SILENCE_MS` is gone. */
const HEARTBEAT_MS = 15_000;
const SILENCE_MS = 300_000;
/** A lock is written right after it is made: an empty one of this age was left by a process killed in between. */
const EMPTY_MS = 5_000;
const POLL_MS = 200;

const held = new Set<string>();

/**
 * Claims the lock file `path` for this process, or tells who holds it. A lock that its process left when it was killed
 * is taken over: on this machine at once, from another one when it has been silent for five minutes.
 */
export async function claimLock(path: string): Promise<Claim> {
  for (;;) {
    try {
      const file = await open(path, 'wx');
      held.add(path); // at once: another caller in this process must not take the lock for a left one
      try {
        await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() })).finally(() => file.close());
        return { release: keepAlive(path) };
      } catch (error) {
        await release(path); // the disk is full
        throw error;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await livingHolder(path);
    if (holder !== undefined) return { holder };
    await removeLeft(path);
  }
}

/** Runs `task` while this process holds the lock; waits for another holder, telling `onWait` once. */
export async function withLock<T>(path: string, task: () => Promise<T>, onWait: (holder: Holder) => void): Promise<T> {
  for (let told = false; ; told = true) {
    const { release, holder } = await claimLock(path);
    if (release) return task().finally(release);
    if (!told) onWait(holder);
    await setTimeout(POLL_MS);
  }
}

function keepAlive(path: string): () => Promise<void> {
  const timer = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), HEARTBEAT_MS).unref();
  return async () => {
    clearInterval(timer);
    await release(path);
  };
}

async function release(path: string): Promise<void> {
  await rm(path, { force: true });
  held.delete(path);
}

/** Who holds the lock; undefined when nobody does any more. */
async function livingHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  const holder = parse(text);
  if (holder === undefined) return age < EMPTY_MS ? { pid: 0, host: hostname() } : undefined;
  if (holder.host !== hostname()) return age < SILENCE_MS ? holder : undefined;
  const lives = holder.pid === process.pid ? held.has(path) : isRunning(holder.pid);
  return lives ? holder : undefined;
}

/** Removes a left lock. If another process was faster and the lock is already its own, that one is put back. */
async function removeLeft(path: string): Promise<void> {
  const grave = `${path}.${hostname()}.${process.pid}`;
  try {
    await rename(path, grave);
  } catch {
    return; // it is gone already
  }
  held.delete(path);
  if ((await livingHolder(grave)) !== undefined) await link(grave, path).catch(() => {});
  await rm(grave, { force: true });
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, host } = JSON.parse(text);
    return Number.isInteger(pid) && typeof host === 'string' ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it runs, as somebody else
  }
}
