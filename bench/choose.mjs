// Which of the peers can be measured here.
import { startPeer } from './peer.mjs';
import { PYTHON, pythonPeers, tfjsPeer } from './peers.mjs';

/** Peers that can be measured, the subject of all ratios first, and those that can't, with the reason. */
export async function choosePeers(options, say) {
  const leftOut = [];
  const tfjs = [];
  for (const backend of options.backends) {
    const reason = await whyNot(tfjsPeer(backend, options));
    if (reason === undefined) tfjs.push(tfjsPeer(backend, options));
    else leftOut.push({ name: backend, reason });
  }
  if (tfjs.length === 0) {
    const reasons = leftOut.map(({ name, reason }) => `${name}: ${reason}`).join('\n');
    throw new Error(`--backends should name a backend that loads, received ${options.backends.join()}.\n${reasons}`);
  }
  if (!options.backends.includes('cpu')) {
    leftOut.push({ name: 'cpu', reason: 'a step takes minutes; --backends simd,cpu --limit 600 measures it' });
  }
  for (const [option, { make }] of Object.entries(PYTHON)) {
    if (options[option] !== undefined) continue;
    leftOut.push({ name: option, reason: `no interpreter given (--${option})` });
    say(make);
  }
  if (tfjs[0].name !== options.backends[0])
    say(`${options.backends[0]} does not load, ${tfjs[0].name} takes its place.`);
  return { peers: [...tfjs, ...pythonPeers(options)], leftOut };
}

/** Why a backend can't be measured, or undefined. */
async function whyNot(description) {
  const peer = startPeer(description);
  try {
    await peer.load({ model: 'resnet', depth: 8, size: 32, batch: 1 });
  } catch (error) {
    return error.message;
  } finally {
    await peer.close();
  }
}
