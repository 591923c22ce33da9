/** The bits of the flag: an interrupt that nobody handled yet; code of a cell that was given up may still run. */
const PENDING = 1;
const LEFTOVERS = 2;
/** Behind the flag: the number of the run, counted from 1, that an interrupt would be for; 0 while no cell runs. */
const RUN = 1;

/** A flag in memory that the watching thread shares: it can be raised while the main thread is busy. */
const flag = new Int32Array(new SharedArrayBuffer(8));

const raise = (bit) => Atomics.or(flag, 0, bit);
/** Tells whether the bit was raised. */
const lower = (bit) => (Atomics.and(flag, 0, ~bit) & bit) !== 0;
const isRaised = (bit) => (Atomics.load(flag, 0) & bit) !== 0;

module.exports = { flag, PENDING, LEFTOVERS, RUN, raise, lower, isRaised };
