// How a training step's time grows with depth, batch and threads.
import { measure } from './measure.mjs';
import { tfjsPeer } from './peers.mjs';
import { BATCHES, DEPTHS, resnetTraining } from './works.mjs';

const BATCH = 32;
const DEPTH = 20;
/** Compared with the subject; XLA would compile for minutes at some depths and batches. */
const COMPARED = ['Keras, jit off', 'PyTorch'];

/**
 * Takes the peers, the subject first.
 *
 * @returns resolves to `[{ title, values: [{ value, batch, peers, leftOut }] }]`, the peers as `measure` gives them.
 */
export async function measureScaling([subject, ...others], settings) {
  const peers = [subject, ...others.filter(({ name }) => COMPARED.includes(name))];
  const series = async (title, values, measureOne) => {
    settings.say(title);
    const measured = [];
    for (const value of values) {
      settings.say(` ${value}`);
      measured.push({ value, ...(await measureOne(value)) });
    }
    return { title, values: measured };
  };
  const training = async (depth, batch, some) => ({
    batch,
    ...(await measure(resnetTraining(depth, batch), some, settings)),
  });
  const results = [
    await series(`Depth, batch ${BATCH}`, DEPTHS, (depth) => training(depth, BATCH, peers)),
    await series(`Batch, ResNet-${DEPTH}`, BATCHES, (batch) => training(DEPTH, batch, peers)),
  ];
  if (subject.name !== 'simd') return results; // the only one whose threads can be set
  const withThreads = (threads) => training(DEPTH, 128, [tfjsPeer('simd', {}, { RESNET_THREADS: String(threads) })]);
  return [...results, await series(`Threads, ResNet-${DEPTH}, batch 128`, threadCounts(settings.threads), withThreads)];
}

/** 1, 2, 4, … and the number of all. */
function threadCounts(all) {
  const powers = Array.from({ length: Math.floor(Math.log2(all)) + 1 }, (_, i) => 2 ** i);
  return [...new Set([...powers, all])];
}
