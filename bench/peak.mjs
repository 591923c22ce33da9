// The processor's peak, against which achieved GFLOPS are read.
import { setTimeout } from 'node:timers/promises';
import { SharedMemory } from 'resnet-lab/dist/backends/simd/memory.js';
import { loadKernels } from 'resnet-lab/dist/backends/simd/module.js';
import { Pool } from 'resnet-lab/dist/backends/simd/pool.js';

/** Of a round of the kernel `peak`: ten vectors of four, a product and a sum each. */
const OPERATIONS = 80;
const ROUNDS = 20e6;
const ATTEMPTS = 8;
const PAUSE = 100; // ms

/**
 * Measures the floating-point operations a second, in units of 10⁹, that `threads` threads reach together with nothing
 * but multiplications and additions in 128-bit registers, which is what WebAssembly has.
 */
export async function measurePeak(threads) {
  const memory = new SharedMemory();
  const pool = new Pool(loadKernels().module, memory, threads);
  try {
    const values = memory.allocate(32 + threads * 16).pointer;
    const times = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await setTimeout(PAUSE); // the threads are starting, and V8 optimises the kernel after its first run
      const start = performance.now();
      pool.run('peak', threads, [values, ROUNDS]);
      pool.finish();
      times.push(performance.now() - start);
    }
    return (threads * ROUNDS * OPERATIONS) / Math.min(...times) / 1e6;
  } finally {
    pool.dispose();
  }
}
