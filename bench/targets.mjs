// What the measurements should come to: the speed targets of the design.
import { bestOf, ratios, summary } from './statistics.mjs';

/** Ratios of speeds should be at least, those of memory and start-up at most the target. */
export const TARGETS = [
  { work: 'train128', group: 'Keras', first: 1.7, goal: 2.5 },
  { work: 'train128', group: 'PyTorch', first: 0.9, goal: 1.3 },
  { work: 'train32', group: 'Keras', first: 1.6, goal: 2.3 },
  { work: 'vgg32', group: 'Keras', first: 1, goal: 1.4 },
  { work: 'vgg224', group: 'Keras', first: 1, goal: 1.4 },
  { work: 'memory', group: 'Keras', first: 1, goal: 0.5 },
  { work: 'start', group: 'Keras', first: 0.5, goal: 0.3 },
];

/** Each target with the ratio that was measured for it, where it was. */
export function compareWithTargets(results, subject) {
  return TARGETS.flatMap((target) => {
    const result = results.find(({ work }) => work === target.work);
    if (result === undefined) return [];
    const own = result.peers.find(({ name }) => name === subject);
    const peer = bestOf(target.group, result.peers);
    const values = own && peer ? ratios(result.measure, own.values, peer.values) : undefined;
    return [
      { ...target, peer: peer?.name, ratios: values, reached: values && reached(target, result.measure, values) },
    ];
  });
}

function reached({ first, goal }, measure, values) {
  const { median } = summary(values);
  const meets = (bound) => (measure === 'step' ? median >= bound : median <= bound);
  if (meets(goal)) return 'goal';
  return meets(first) ? 'first target' : 'no';
}
