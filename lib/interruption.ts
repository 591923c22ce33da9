/**
 * Where a program that runs this library for somebody, such as a notebook kernel, offers the signal that stops what is
 * running now.
 */
const HOST_SIGNAL = Symbol.for('resnet-lab.signal');

/**
 * The signal of the running notebook cell, which the stop button aborts; undefined outside notebooks. `fit` listens to it
 * by itself; a loop of your own can too: `if (runningSignal()?.aborted) break;`.
 */
export function runningSignal(): AbortSignal | undefined {
  return (globalThis as { [HOST_SIGNAL]?: AbortSignal })[HOST_SIGNAL];
}

/**
 * Does work that ends by itself when the running cell is stopped. The kernel sees the listener and waits for the end; what
 * nobody listens for it gives up.
 *
 * @throws the signal's reason when the cell was stopped before.
 */
export async function untilStopped<T>(work: () => Promise<T>, stop: () => void = () => {}): Promise<T> {
  const signal = runningSignal();
  signal?.throwIfAborted(); // a cell that was stopped begins nothing new
  signal?.addEventListener('abort', stop);
  try {
    return await work();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** One signal for several, of which some may be missing. */
export function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}
