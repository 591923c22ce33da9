/**
 * How the threads work off a queue of jobs, in the first page of the shared memory. A job is a kernel, its arguments and
 * the number of shares that it is cut into; every thread takes the next share that nobody has, so one that starts late or
 * is held up by another process delays nothing. A job starts when the one before it is done. The main thread goes on
 * while the others work, and joins them when it needs a result; so TensorFlow.js's own bookkeeping costs no time, and
 * results are the same whoever computes what.
 */

/** Positions of 32-bit numbers. */
export const PUBLISHED = 0; // number of jobs so far, modulo 2³²
export const SLEEPERS = 1; // workers that wait for a job
export const FAILED = 2; // number of the kernel that failed last, plus 1

const FIRST_SLOT = 16;
/** 32-bit numbers of a job in the queue. */
const SLOT = 48;
/** Jobs that fit into the queue: a power of two, so that job numbers may overflow. */
export const CAPACITY = 256;

/** Positions within a slot. */
const TICKET = 0; // the job's number in the upper half, the next free share in the lower
const DONE = 1; // finished shares
const SHARES = 2;
const KERNEL = 3;
const NUMBER = 4; // of the job, in full
const ARGUMENTS = 5;

/** No share: the slot is being written. */
const CLOSED = 0xffff;
/** Rounds of looking whether another thread is done before sleeping for a moment, some 500 µs. */
const PATIENCE = 50_000;

export type Kernel = (args: number, share: number, shares: number) => void;

/** The module's kernels in an order that all threads agree on. */
export function kernelsOf(instance: WebAssembly.Instance): [string, Kernel][] {
  return Object.entries(instance.exports)
    .filter((entry): entry is [string, Kernel] => typeof entry[1] === 'function')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Instance {
  const abort = () => {
    throw new Error('A kernel gave up.');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } });
}

const slotOf = (job: number) => FIRST_SLOT + (job & (CAPACITY - 1)) * SLOT;

/** Writes job number `job`; its slot must be free. Nobody takes a share of what is half written. */
export function publish(control: Int32Array, job: number, kernel: number, shares: number, args: number[]): void {
  const slot = slotOf(job);
  Atomics.store(control, slot + TICKET, (job << 16) | CLOSED);
  control[slot + SHARES] = shares;
  control[slot + KERNEL] = kernel;
  control[slot + NUMBER] = job;
  for (let i = 0; i < args.length; i++) control[slot + ARGUMENTS + i] = args[i];
  Atomics.store(control, slot + DONE, 0);
  Atomics.store(control, slot + TICKET, job << 16);
  Atomics.store(control, PUBLISHED, (job + 1) | 0);
  if (Atomics.load(control, SLEEPERS) > 0) Atomics.notify(control, PUBLISHED);
}

/** Takes shares of a published job until none is left. */
export function takeShares(control: Int32Array, kernels: Kernel[], job: number): void {
  const slot = slotOf(job);
  for (;;) {
    const ticket = Atomics.load(control, slot + TICKET);
    const share = ticket & 0xffff;
    const shares = control[slot + SHARES];
    if (control[slot + NUMBER] !== job || share >= shares || share === CLOSED) return;
    // Fails when another thread took the share, or the job ended and the slot went to another after the lines above.
    if (Atomics.compareExchange(control, slot + TICKET, ticket, ticket + 1) !== ticket) continue;
    const kernel = control[slot + KERNEL];
    try {
      kernels[kernel]((slot + ARGUMENTS) * 4, share, shares);
    } catch {
      Atomics.store(control, FAILED, kernel + 1);
    }
    if (Atomics.add(control, slot + DONE, 1) + 1 === shares) Atomics.notify(control, slot + DONE);
  }
}

/** Waits until all shares of a published job are finished. */
export function waitFor(control: Int32Array, job: number): void {
  const slot = slotOf(job);
  let patience = PATIENCE;
  for (;;) {
    const done = Atomics.load(control, slot + DONE);
    // A slot that belongs to a later job tells that this one is done.
    if (done === control[slot + SHARES] || Atomics.load(control, slot + NUMBER) !== job) return;
    if (patience > 0) patience -= 1;
    else Atomics.wait(control, slot + DONE, done, 1);
  }
}
