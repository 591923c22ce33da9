import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { reason } from '../../errors';
import type { SharedMemory } from './memory';
import { CAPACITY, FAILED, instantiate, type Kernel, kernelsOf, publish, takeShares, waitFor } from './protocol';

/** Threads to compute with: as many as the machine has for this process, or `RESNET_THREADS`. */
export function threadCount(): number {
  const wanted = process.env.RESNET_THREADS;
  if (wanted === undefined || wanted === '') return availableParallelism();
  const count = Number(wanted);
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`RESNET_THREADS should be a whole number of at least 1, received '${wanted}'.`);
  }
  return Math.min(count, MOST_THREADS);
}

const MOST_THREADS = 256;
/** Where a job that runs at once finds its arguments, behind the queue. */
const OWN_ARGUMENTS = 60_000;

/** The main thread and its workers, which run kernels in the order in which they are given. */
export class Pool {
  private readonly control: Int32Array;
  private readonly kernels: Kernel[];
  private readonly names: string[];
  private readonly numbers: Map<string, number>;
  private readonly workers: Worker[] = [];
  /** Jobs published, and finished as far as the main thread knows; both modulo 2³². */
  private published = 0;
  private finished = 0;

  constructor(
    module: WebAssembly.Module,
    memory: SharedMemory,
    readonly threads: number,
  ) {
    this.control = memory.integers(0, 16384);
    const kernels = kernelsOf(instantiate(module, memory.memory));
    this.kernels = kernels.map(([, kernel]) => kernel);
    this.names = kernels.map(([name]) => name);
    this.numbers = new Map(this.names.map((name, i) => [name, i]));
    for (let i = 1; i < threads; i++) {
      const worker = new Worker(join(__dirname, 'worker.js'), {
        workerData: { code: module, memory: memory.memory },
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
      });
      worker.unref(); // a program that is done ends
      worker.on('error', ({ message }) => {
        // The shares that it has not taken go to the others: slower, but right.
        process.emitWarning(`A thread of the simd backend ended (${message}); the others go on without it.`);
      });
      this.workers.push(worker);
    }
  }

  /**
   * Runs a kernel in `shares` shares after all that were given before. It may still be running when this returns:
   * `finish` before anything in JavaScript reads or writes what kernels do.
   *
   * @param args whole numbers and pointers; a float goes through `floatBits`.
   */
  run(kernel: string, shares: number, args: number[]): void {
    const number = this.numbers.get(kernel);
    if (number === undefined) throw new Error(`There is no kernel named '${kernel}'.`);
    if (this.threads === 1 || (shares === 1 && this.published === this.finished)) {
      this.runAtOnce(number, shares, args);
      return;
    }
    if (((this.published - this.finished) | 0) >= CAPACITY - 1) this.finish();
    publish(this.control, this.published, number, shares, args);
    this.published = (this.published + 1) | 0;
  }

  /**
   * Works with the others until all jobs are done.
   *
   * @throws Error when a kernel failed since the last time; the pool goes on working.
   */
  finish(): void {
    const { control } = this;
    for (; this.finished !== this.published; this.finished = (this.finished + 1) | 0) {
      takeShares(control, this.kernels, this.finished);
      waitFor(control, this.finished);
    }
    if (control[FAILED] === 0) return;
    const name = this.names[control[FAILED] - 1];
    control[FAILED] = 0;
    throw new Error(`The kernel '${name}' of the simd backend failed; results since the last one read may be wrong.`);
  }

  /** A mark behind the jobs given so far, for `isFinished`. */
  get mark(): number {
    return this.published;
  }

  /** Whether all jobs before a mark are known to be done. */
  isFinished(mark: number): boolean {
    return ((this.finished - mark) | 0) >= 0;
  }

  /** Ends the threads; without them the main thread computes alone. */
  dispose(): void {
    try {
      this.finish(); // nobody would finish a share that an ended thread has taken
    } catch {} // what failed is no longer needed
    for (const worker of this.workers) worker.terminate();
  }

  private runAtOnce(kernel: number, shares: number, args: number[]): void {
    for (let i = 0; i < args.length; i++) this.control[OWN_ARGUMENTS / 4 + i] = args[i];
    try {
      for (let share = 0; share < shares; share++) this.kernels[kernel](OWN_ARGUMENTS, share, shares);
    } catch (error) {
      throw new Error(`The kernel '${this.names[kernel]}' of the simd backend failed: ${reason(error)}`);
    }
  }
}

const bits = new DataView(new ArrayBuffer(4));

/** A float as the 32 bits that `run` hands over. */
export function floatBits(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}
