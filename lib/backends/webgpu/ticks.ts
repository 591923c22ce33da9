type Callback = (...args: unknown[]) => void;

/** What was scheduled and has not run yet. */
const waiting = new Set<Callback>();
let isWatching = false;

/**
 * Dawn, the WebGPU of the package `webgpu`, finishes its work in callbacks that it gives to `setImmediate`, so that a program
 * that waits for a result without giving up its turn would wait for ever. From now on its callbacks can also be run before
 * their turn; all others go where they always did.
 */
export function watchTicks(): void {
  if (isWatching) return;
  isWatching = true;
  const schedule = globalThis.setImmediate;
  const watching = (callback: Callback, ...args: unknown[]) => {
    if (!isOfDawn(callback)) return schedule(callback, ...args);
    const once = () => {
      if (waiting.delete(once)) callback();
    };
    waiting.add(once);
    return schedule(once);
  };
  const properties = Object.getOwnPropertyDescriptors(schedule); // util.promisify's among them
  globalThis.setImmediate = Object.defineProperties(watching, properties) as typeof setImmediate;
}

/** Made by an addon: native and without a name, as no bound function is, and without parameters, as no promise's resolver is. */
const isOfDawn = (callback: unknown) =>
  typeof callback === 'function' &&
  callback.name === '' &&
  callback.length === 0 &&
  Function.prototype.toString.call(callback).includes('[native code]');

/** Lets Dawn go on until the condition holds; false when it has nothing to go on with. */
export function tickUntil(isDone: () => boolean): boolean {
  while (!isDone()) {
    if (waiting.size === 0) return false;
    for (const callback of [...waiting]) callback();
  }
  return true;
}
