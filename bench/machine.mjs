// The machine that the numbers belong to.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** What the numbers depend on, as plain JSON. */
export function machine(threads, { avx2, quick }) {
  const flags = process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const vectors = ['avx512f', 'avx2'].find((flag) => new RegExp(`\\b${flag}\\b`).test(flags));
  return {
    date: new Date().toISOString(),
    processor: cpus()[0]?.model.trim() ?? process.arch,
    vectors,
    peersLimitedToAvx2: avx2,
    threads,
    memory: totalmem(),
    system: `${process.platform} ${release()}`,
    node: process.versions.node,
    quick,
  };
}
