import type { SimdBackend } from '../backend';

/**
 * Runs a job whose shares each set a flag when a result is not finite.
 *
 * @returns whether all results are finite.
 */
export function withFlags(backend: SimdBackend, shares: number, run: (flags: number) => void): boolean {
  return backend.scratch(shares * 4, (flags) => {
    run(flags);
    return backend.shared.integers(flags, shares).every((flag) => flag === 0);
  });
}
