import type { NdArray } from 'ndarray';
import { selectImages } from '../data/splits';
import type { Split } from '../data/types';
import type { Mistake } from '../training/evaluate';
import { COLOURS, type Figure } from './figure';
import { type ImageGridOptions, plotImages } from './images';

/** Colours of the captions of right and wrong answers; the words differ too. */
const [RIGHT, WRONG] = [COLOURS[0], COLOURS[1]];
const percent = (probability: number) => `${Math.round(100 * probability)}%`;

/**
 * Images with what the model takes them for, and how sure it is; a wrong answer names the true class too.
 *
 * @param probabilities [N, classes], from `predict`.
 * @throws RangeError when there is not one row of probabilities for each image, and one name for each class.
 */
export function plotPredictions(
  split: Split,
  probabilities: NdArray<Float32Array>,
  classNames: readonly string[],
  options: Pick<ImageGridOptions, 'columns' | 'title'> = {},
): Figure {
  const [count, classes] = [split.labels.length, classNames.length];
  if (probabilities.shape[0] !== count || probabilities.shape[1] !== classes) {
    throw new RangeError(`The probabilities should be [${count}, ${classes}], received [${probabilities.shape}].`);
  }
  const answers = [...split.labels].map((label, i) => {
    const row = Array.from({ length: classes }, (_, c) => probabilities.get(i, c));
    const answer = row.indexOf(Math.max(...row));
    return { label, answer, probability: row[answer] };
  });
  const right = answers.filter(({ label, answer }) => label === answer).length;
  const figure = plotImages(split.images, {
    ...{ columns: Math.min(count, 8), ...options },
    captions: answers.map(({ label, answer, probability }) =>
      label === answer
        ? `${classNames[answer]} ${percent(probability)}<br> `
        : `${classNames[answer]} ${percent(probability)}<br>is ${classNames[label]}`,
    ),
    captionColours: answers.map(({ label, answer }) => (label === answer ? RIGHT : WRONG)),
  });
  return { ...figure, description: `${right} of ${count} right. ${figure.description}` };
}

/**
 * The mistakes that the model is surest of: what each image is, what it was taken for, and with which probability.
 *
 * @param mistakes from `evaluate` on this very split, the most confident first.
 */
export function plotMistakes(
  split: Split,
  mistakes: readonly Mistake[],
  classNames: readonly string[],
  { columns = 6, count = 12, title = 'The most confident mistakes' } = {},
): Figure {
  const worst = mistakes.slice(0, count);
  if (worst.length === 0) {
    return { data: [], layout: { title: { text: `${title}: none` }, height: 80 }, description: `${title}: none.` };
  }
  const { images } = selectImages(
    split,
    worst.map(({ index }) => index),
  );
  const captions = worst.map(
    ({ label, predicted, confidence }) =>
      `${classNames[label]}, taken for<br>${classNames[predicted]} ${percent(confidence)}`,
  );
  return plotImages(images, { captions, columns, title });
}
