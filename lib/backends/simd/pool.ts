import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { checkCount } from '../../checks';
import type { SharedMemory } from './memory';
import {
  ARGUMENTS,
  CLOSED,
  DONE,
  FAILED,
  instantiate,
  JOB,
  KERNEL,
  type Kernel,
  kernelsOf,
  SHARES,
  SLEEPERS,
  WAITING,
  work,
} from './protocol';

/** Rounds of looking whether the other threads are done before sleeping. */
const PATIENCE = 20_000;

/** Threads to compute with: as many as the machine has for this process, or `RESNET_THREADS`. */
export function threadCount(): number {
  const wanted = process.env.RESNET_THREADS;
  if (wanted === undefined || wanted === '') return availableParallelism();
  const count = Number(wanted);
  checkCount('RESNET_THREADS', count);
  return Math.min(count, 256);
}

/** The main thread and its workers. A kernel runs at once, on all of them, and is over when `run` returns. */
export class Pool {
  private readonly control: Int32Array;
  private readonly kernels: Kernel[];
  private readonly numbers: Map<string, number>;
  private readonly workers: Worker[] = [];
  private job = 0;

  constructor(
    module: WebAssembly.Module,
    memory: SharedMemory,
    readonly threads: number,
  ) {
    this.control = memory.integers(0, 512);
    const kernels = kernelsOf(instantiate(module, memory.memory));
    this.kernels = kernels.map(([, kernel]) => kernel);
    this.numbers = new Map(kernels.map(([name], i) => [name, i]));
    for (let i = 1; i < threads; i++) {
      const worker = new Worker(join(__dirname, 'worker.js'), {
        workerData: { code: module, memory: memory.memory },
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
      });
      worker.unref(); // a program that is done ends
      worker.on('error', () => {}); // without it, its shares go to the others
      this.workers.push(worker);
    }
  }

  /**
   * Runs a kernel in `shares` shares.
   *
   * @param args whole numbers and pointers; a float goes through `floatBits`.
   * @throws Error when a share fails; the pool goes on working.
   */
  run(kernel: string, shares: number, args: number[]): void {
    const { control } = this;
    const number = this.numbers.get(kernel);
    if (number === undefined) throw new Error(`There is no kernel named '${kernel}'.`);
    this.job = (this.job + 1) & 0xffff;
    Atomics.store(control, JOB, (this.job << 16) | CLOSED); // nobody takes a share of what is half written
    for (let i = 0; i < args.length; i++) control[ARGUMENTS / 4 + i] = args[i];
    if (shares === 1) {
      this.kernels[number](ARGUMENTS, 0, 1);
      return;
    }
    control[KERNEL] = number;
    control[SHARES] = shares;
    control[FAILED] = 0;
    Atomics.store(control, DONE, 0);
    Atomics.store(control, JOB, this.job << 16);
    if (Atomics.load(control, SLEEPERS) > 0) Atomics.notify(control, JOB);
    work(control, this.kernels);
    this.wait(shares);
    if (control[FAILED] > 0)
      throw new Error(`The kernel '${kernel}' failed in ${control[FAILED]} of ${shares} shares.`);
  }

  /** Ends the threads; without them the main thread computes alone. */
  dispose(): void {
    for (const worker of this.workers) worker.terminate();
  }

  private wait(shares: number): void {
    const { control } = this;
    for (let patience = PATIENCE; patience > 0; patience--) if (Atomics.load(control, DONE) === shares) return;
    Atomics.store(control, WAITING, 1);
    for (let done = Atomics.load(control, DONE); done !== shares; done = Atomics.load(control, DONE)) {
      Atomics.wait(control, DONE, done, 100);
    }
    Atomics.store(control, WAITING, 0);
  }
}

const bits = new DataView(new ArrayBuffer(4));

/** A float as the 32 bits that `run` hands over. */
export function floatBits(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}
