// Measures one work with all peers.
import { startPeer } from './peer.mjs';
import { inRounds, warmUp } from './rounds.mjs';

/** Training steps after which the peak of memory is read. */
const MEMORY_STEPS = 6;

/**
 * @param settings `rounds` for each measure, `turn` in seconds, `limit` in seconds a step, `threads`,
 * `watch` of disturbance.mjs, and `say(text)` for progress.
 * @returns resolves to `{ flops, peers: [{ name, group, about, values }], leftOut: [{ name, reason }] }`, `flops` of one
 * image where a peer could tell.
 */
export async function measure(work, peers, settings) {
  const leftOut = [];
  const facts = new Map(); // what a peer tells of itself when it has built the model
  const drop = (name, reason) => {
    leftOut.push({ name, reason });
    settings.say(`  ${name} is left out: ${reason}`);
  };
  const load = async (peer) => {
    const reply = await peer.load({ ...work, threads: settings.threads });
    const others = [...facts.values()].find((fact) => fact.parameters !== reply.parameters);
    if (others) {
      throw new Error(
        `its model should have ${others.parameters} parameters like the others', received ${reply.parameters}`,
      );
    }
    facts.set(peer.name, reply);
  };
  const values = await { step: steps, memory, start }[work.measure]({ work, peers, settings, load, drop });
  const forward = [...facts.values()].find(({ flops }) => flops !== undefined)?.flops;
  return {
    flops: forward && forward * work.passes,
    peers: peers
      .filter(({ name }) => values.has(name))
      .map(({ name, group }) => ({ name, group, about: facts.get(name).about, values: values.get(name) })),
    leftOut,
  };
}

/** Seconds a step, all peers warm and waiting in processes of their own. */
async function steps({ peers, settings, load, drop }) {
  const running = new Map();
  try {
    for (const description of peers) {
      const peer = startPeer(description);
      try {
        await load(peer);
        const seconds = await warmUp(peer, settings.limit);
        settings.say(`  ${peer.name}: ${seconds.toPrecision(3)} s a step`);
        running.set(peer.name, { peer, steps: Math.max(1, Math.round(settings.turn / seconds)) });
      } catch (error) {
        drop(peer.name, error.message);
        await peer.close();
      }
    }
    const turn = (name) => {
      const { peer, steps: count } = running.get(name);
      return settings.watch.around(peer.pid, () => peer.run(count));
    };
    return await inRounds(settings.rounds.step, [...running.keys()], turn, drop);
  } finally {
    await Promise.all([...running.values()].map(({ peer }) => peer.close()));
  }
}

/** Most bytes that a fresh process ever held while it trained. */
async function memory({ peers, settings, load, drop }) {
  if (process.platform !== 'linux') {
    for (const { name } of peers) drop(name, `its peak is read from the /proc of Linux, this is ${process.platform}`);
    return new Map();
  }
  return fresh(settings.rounds.memory, { peers, settings, drop }, async (peer) => {
    await load(peer);
    await peer.run(MEMORY_STEPS);
    return peer.peakBytes();
  });
}

/** Seconds from the start of a process to the end of its first step; one start beforehand fills the disk's caches. */
async function start({ peers, settings, load, drop }) {
  const firstStep = async (peer, started) => {
    await load(peer);
    await peer.run(1);
    return (performance.now() - started) / 1000;
  };
  const values = await fresh(settings.rounds.start + 1, { peers, settings, drop }, firstStep);
  return new Map([...values].map(([name, seconds]) => [name, seconds.slice(1)]));
}

/** Each turn in a new process. */
function fresh(rounds, { peers, settings, drop }, turn) {
  const descriptions = new Map(peers.map((description) => [description.name, description]));
  return inRounds(
    rounds,
    [...descriptions.keys()],
    async (name) => {
      const started = performance.now();
      const peer = startPeer(descriptions.get(name));
      settings.say(`  ${name}`);
      try {
        return await turn(peer, started);
      } finally {
        await peer.close();
      }
    },
    drop,
  );
}
