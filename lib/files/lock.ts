import { mkdir, open, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
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
const SILENCE_MS = 120_000;
/** A lock is written right after it is made: an empty one of this age was left by a process killed in between. */
const EMPTY_MS = 5_000;
const POLL_MS = 200;

/** The locks of this process, and its claims that are under way, one after the other for each lock. */
const held = new Set<string>();
const claims = new Map<string, Promise<unknown>>();

/**
 * Claims the lock file `path` for this process, or tells who holds it. A lock that its process left when it was killed
 * is taken over: on this machine at once, from another one when it has been silent for two minutes.
 */
export function claimLock(path: string): Promise<Claim> {
  const place = resolve(path);
  const claim = (claims.get(place) ?? Promise.resolve()).then(() => claimAlone(place));
  claims.set(
    place,
    claim.catch(() => {}),
  );
  return claim;
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

async function claimAlone(path: string): Promise<Claim> {
  if (held.has(path)) return { holder: { pid: process.pid, host: hostname() } };
  for (;;) {
    if (await create(path)) {
      held.add(path);
      const beat = () => utimes(path, new Date(), new Date()).catch(() => {});
      const timer = setInterval(beat, HEARTBEAT_MS).unref();
      const release = async () => {
        clearInterval(timer);
        held.delete(path);
        await rm(path, { force: true });
      };
      return { release };
    }
    const found = await look(path);
    if (found === 'left') await removeLeft(path);
    else if (found !== 'absent') return { holder: found };
  }
}

/** Makes the file; false when there is one. */
async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() })).finally(() => file.close());
    } catch (error) {
      await rm(path, { force: true }); // the disk is full
      throw error;
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds a lock that this process does not; or that nobody does any more, or that there is none. */
async function look(path: string): Promise<Holder | 'left' | 'absent'> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return 'absent';
  try {
    // Of the one file: under its name another may stand by now.
    const [holder, age] = [parse(await file.readFile('utf8')), Date.now() - (await file.stat()).mtimeMs];
    if (holder === undefined) return age < EMPTY_MS ? { pid: 0, host: hostname() } : 'left';
    if (holder.host !== hostname()) return age < SILENCE_MS ? holder : 'left';
    return holder.pid !== process.pid && isRunning(holder.pid) ? holder : 'left';
  } finally {
    await file.close();
  }
}

/** Removes a left lock. Only one process at a time may, and looks again first: another was perhaps faster. */
async function removeLeft(path: string): Promise<void> {
  const guard = `${path}.takeover`;
  try {
    await mkdir(guard);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((await ageOf(guard)) > EMPTY_MS) await rmdir(guard).catch(() => {}); // its process was killed
    await setTimeout(10);
    return;
  }
  try {
    // Not when it is absent: somebody may be making it anew.
    if ((await look(path)) === 'left') await rm(path, { force: true });
  } finally {
    await rmdir(guard).catch(() => {});
  }
}

/** Milliseconds since a file was written; infinite where there is none. */
function ageOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
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
