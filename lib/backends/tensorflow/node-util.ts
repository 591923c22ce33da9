import util from 'node:util';

/** Functions of `node:util` that tfjs-node 4.22 calls and Node 23 dropped. */
const DROPPED = {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
};

/** Gives `node:util` what it dropped, unseen by whoever lists it; Node's own functions stay where it has them. */
export function supplyDroppedFunctions(): void {
  for (const [name, value] of Object.entries(DROPPED)) {
    if (!(name in util)) Object.defineProperty(util, name, { value, configurable: true, writable: true });
  }
}
