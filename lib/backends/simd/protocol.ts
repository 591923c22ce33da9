/**
 * How the threads share out a kernel's work, in the first page of the shared memory. A job is cut into shares by number
 * alone; every thread takes the next share that nobody has, so one that starts late or is held up by another process
 * delays nothing, and the results are the same whoever computes what.
 */

/** Positions of 32-bit numbers. */
export const JOB = 0; // the job's number in the upper half, the next free share in the lower
export const DONE = 1; // finished shares
export const KERNEL = 2;
export const SHARES = 3;
export const FAILED = 4; // shares that threw
export const SLEEPERS = 5; // workers that wait for a job
export const WAITING = 6; // 1 while the main thread sleeps until the job is done
/** Byte address of the kernel's arguments. */
export const ARGUMENTS = 1024;

/** No share: the job is being written. */
export const CLOSED = 0xffff;

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

/** Takes shares of the open job until none is left. */
export function work(control: Int32Array, kernels: Kernel[]): void {
  for (;;) {
    const job = Atomics.load(control, JOB);
    const share = job & 0xffff;
    const shares = control[SHARES];
    if (share >= shares || share === CLOSED) return;
    // Fails when another thread took the share, or when the main thread went on to another job after the lines above.
    if (Atomics.compareExchange(control, JOB, job, job + 1) !== job) continue;
    try {
      kernels[control[KERNEL]](ARGUMENTS, share, shares);
    } catch {
      Atomics.add(control, FAILED, 1);
    }
    Atomics.add(control, DONE, 1);
  }
}
