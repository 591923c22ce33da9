import { execFileSync } from 'node:child_process';

/** The name of the first GPU that NVIDIA's driver has, on Linux, in WSL and in containers too; undefined without one. */
export function nvidiaGpu(): string | undefined {
  try {
    const options = { timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'] };
    const names = execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], options);
    return String(names).split('\n')[0].trim() || undefined;
  } catch {
    return undefined;
  }
}
