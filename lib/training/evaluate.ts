import { imagesOf } from '../data/splits';
import type { AnySplit } from '../data/types';
import type { tf } from '../tf';
import { checkSplitFits, classCount } from './checks';
import { predict } from './predict';

/** How well one class is told from the others. A ratio without cases, 0 / 0, is 0. */
export interface ClassReport {
  /** Of the images that the model calls this class, the fraction that are. */
  precision: number;
  /** Of the images of this class, the fraction that the model finds. */
  recall: number;
  /** The harmonic mean of precision and recall. */
  f1: number;
  /** Number of images of this class. */
  support: number;
}

/** An image that the model gets wrong. */
export interface Mistake {
  /** Position in the split. */
  index: number;
  label: number;
  predicted: number;
  /** Probability that the model gave to its wrong answer. */
  confidence: number;
}

export interface Evaluation {
  /** Mean cross-entropy of the true classes, in nats; the model's L2 penalty is not in it. */
  loss: number;
  /** Fraction of images whose most probable class is the true one, 0 to 1. */
  accuracy: number;
  /** Fraction of images whose true class is among the three most probable, 0 to 1; a tie for the third place counts. */
  top3: number;
  /** Mean probability that the model gives to its answers: more than the accuracy in a model that is too sure. */
  confidence: number;
  /** confusion[label][predicted]: numbers of images. */
  confusion: number[][];
  perClass: ClassReport[];
  /** Every mistake, the most confident first. */
  mistakes: Mistake[];
}

/** What single precision still tells from 0, which would have an infinite cross-entropy. */
const LEAST = 2 ** -126;

/**
 * Measures a model on images that it was not trained on.
 *
 * @param options.signal stops it between two batches.
 * @throws RangeError when images or labels don't fit the model; the signal's reason when it stops.
 */
export async function evaluate(
  model: tf.LayersModel,
  split: AnySplit,
  options: { signal?: AbortSignal } = {},
): Promise<Evaluation> {
  checkSplitFits(model, split);
  const { labels } = split;
  const classes = classCount(model);
  const probabilities = await predict(model, imagesOf(split), options);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const mistakes: Mistake[] = [];
  const sums = { loss: 0, top3: 0, confidence: 0 };
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index];
    const row = probabilities.data.subarray(index * classes, (index + 1) * classes);
    const predicted = mostProbable(row);
    confusion[label][predicted] += 1;
    sums.loss -= Math.log(Math.max(row[label], LEAST));
    sums.top3 += row.filter((probability) => !(probability <= row[label])).length < 3 ? 1 : 0;
    sums.confidence += row[predicted];
    if (predicted !== label) mistakes.push({ index, label, predicted, confidence: row[predicted] });
  }
  mistakes.sort((a, b) => b.confidence - a.confidence);
  return {
    loss: sums.loss / labels.length,
    accuracy: (labels.length - mistakes.length) / labels.length,
    top3: sums.top3 / labels.length,
    confidence: sums.confidence / labels.length,
    confusion,
    perClass: confusion.map((_, label) => reportClass(confusion, label)),
    mistakes,
  };
}

/** Position of the largest probability; one that is no number is never the largest. */
function mostProbable(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) {
    if (row[i] > row[best] || Number.isNaN(row[best])) best = i;
  }
  return best;
}

function reportClass(confusion: number[][], label: number): ClassReport {
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  const hits = confusion[label][label];
  const support = sum(confusion[label]);
  const called = sum(confusion.map((row) => row[label]));
  return {
    precision: ratio(hits, called),
    recall: ratio(hits, support),
    f1: ratio(2 * hits, called + support),
    support,
  };
}
