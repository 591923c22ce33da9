// A thread of the pool: works off the queue as long as the process lives.
import { workerData } from 'node:worker_threads';
import { CAPACITY, instantiate, kernelsOf, PUBLISHED, SLEEPERS, takeShares, waitFor } from './protocol';

/** Rounds of looking for the next job before sleeping, some 300 µs: the jobs of a training step follow sooner. */
const PATIENCE = 30_000;

const { code, memory } = workerData as { code: WebAssembly.Module; memory: WebAssembly.Memory };
const control = new Int32Array(memory.buffer, 0, 16384);
const kernels = kernelsOf(instantiate(code, memory)).map(([, kernel]) => kernel);

for (let job = 0; ; job = (job + 1) | 0) {
  let patience = PATIENCE;
  while (Atomics.load(control, PUBLISHED) === job) {
    patience -= 1;
    if (patience > 0) continue;
    Atomics.add(control, SLEEPERS, 1);
    Atomics.wait(control, PUBLISHED, job);
    Atomics.sub(control, SLEEPERS, 1);
  }
  // A thread that started late, or got no processor for long, leaves out what is done for certain.
  const behind = (Atomics.load(control, PUBLISHED) - job) | 0;
  if (behind > CAPACITY) job = (job + behind - CAPACITY) | 0;
  takeShares(control, kernels, job);
  waitFor(control, job);
}
