// The processor's peak, against which achieved GFLOPS are read.

/**
 * Measures the floating-point operations a second, in units of 10⁹, that `threads` threads reach together with nothing
 * but multiplications and additions in registers. Resolves to undefined: no kernel measures it in this version, and the
 * tables then leave out the column.
 */
export async function measurePeak(_threads) {
  return undefined;
}
