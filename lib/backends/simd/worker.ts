// A thread of the pool: waits for jobs as long as the process lives.
import { workerData } from 'node:worker_threads';
import { DONE, instantiate, JOB, kernelsOf, SLEEPERS, WAITING, work } from './protocol';

/** Rounds of looking for the next job before sleeping, some 300 µs: the jobs of a training step follow sooner. */
const PATIENCE = 30_000;

const { code, memory } = workerData as { code: WebAssembly.Module; memory: WebAssembly.Memory };
const control = new Int32Array(memory.buffer, 0, 16);
const kernels = kernelsOf(instantiate(code, memory)).map(([, kernel]) => kernel);

for (;;) {
  work(control, kernels);
  if (Atomics.load(control, WAITING) === 1) Atomics.notify(control, DONE);
  const seen = Atomics.load(control, JOB);
  let patience = PATIENCE;
  while (Atomics.load(control, JOB) === seen && patience > 0) patience -= 1;
  if (patience > 0) continue;
  Atomics.add(control, SLEEPERS, 1);
  Atomics.wait(control, JOB, seen);
  Atomics.sub(control, SLEEPERS, 1);
}
