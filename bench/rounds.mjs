// Measuring in rounds: in each, every peer has a turn, so that what disturbs the machine disturbs all alike.
import { setTimeout as sleep } from 'node:timers/promises';

const WARM_UP = { fewest: 3, most: 40, seconds: 20 };
/** Part by which a settled step may be slower than the fastest one. */
const SETTLED = 0.05;
/** Pause after each turn: thread pools spin for up to 0.2 s before they sleep. */
const PAUSE = 0.3;

/**
 * Lets a peer compile, tier up and fill its caches: at least 3 steps, until two in a row are about the fastest so far.
 * Resolves to the seconds of one step.
 *
 * @param limit a step that takes more seconds is an error.
 */
export async function warmUp(peer, limit) {
  const times = [await peer.run(1)];
  let total = times[0];
  const settled = () => times.slice(-2).every((time) => time <= Math.min(...times) * (1 + SETTLED));
  while (times.length < WARM_UP.fewest || !(settled() || times.length >= WARM_UP.most || total >= WARM_UP.seconds)) {
    const time = await peer.run(1);
    if (time > limit) {
      throw new Error(`a step takes ${time.toFixed(1)} s, the limit is ${limit} s (--limit)`);
    }
    times.push(time);
    total += time;
  }
  return Math.min(...times);
}

/**
 * Gives each name a turn in each round, every other round backwards so that a drift of the machine cancels out, and
 * resolves to each name's values. A name whose turn fails has no more turns: its message goes to `drop`.
 */
export async function inRounds(rounds, names, turn, drop) {
  const values = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = [...values.keys()];
    for (const name of round % 2 === 0 ? order : order.reverse()) {
      try {
        values.get(name).push(await turn(name));
      } catch (error) {
        values.delete(name);
        drop(name, error.message);
      }
      await sleep(PAUSE * 1000);
    }
  }
  return values;
}
