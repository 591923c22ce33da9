// Medians, ratios and how they spread.

/** Median, smallest and largest of some numbers. */
export function summary(values) {
  if (values.length === 0) throw new RangeError('A summary needs at least one value, received none.');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = Number.isInteger(middle) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)];
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * The subject against a peer, a ratio for each round, in which one was measured right after the other. Of two times a
 * step, how many times as fast the subject is; of memory and of start-up, its part of the peer's.
 */
export function ratios(measure, subject, peer) {
  if (subject.length !== peer.length) {
    throw new RangeError(`Both should have the same rounds, received ${subject.length} and ${peer.length}.`);
  }
  return subject.map((value, round) => (measure === 'step' ? peer[round] / value : value / peer[round]));
}

/** The best of a group's peers by their median, all measures being small when good; undefined when it has none. */
export function bestOf(group, peers) {
  const ranked = peers
    .filter((peer) => peer.group === group)
    .map((peer) => ({ peer, median: summary(peer.values).median }))
    .sort((a, b) => a.median - b.median);
  return ranked[0]?.peer;
}
