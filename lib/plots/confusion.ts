import { COLOURS, type Figure } from './figure';

/** Pixels of a cell, beside the names, and of a letter of theirs. */
const [CELL, MARGIN] = [46, 50];
const LETTER = 7;

/**
 * A confusion matrix: true classes from top to bottom, answers from left to right; what lies off the diagonal is wrong.
 *
 * @param confusion numbers of images, [true class][answer], as `evaluate` counts them.
 * @throws RangeError when the matrix is not square, or there is not one name for each class.
 */
export function plotConfusion(confusion: number[][], classNames: readonly string[], title = 'Confusion'): Figure {
  const count = confusion.length;
  if (count === 0 || confusion.some((row) => row.length !== count)) {
    throw new RangeError(`The confusion matrix should be square, received rows of ${confusion.map((r) => r.length)}.`);
  }
  if (classNames.length !== count) {
    throw new RangeError(`There should be one name for each of ${count} classes, received ${classNames.length}.`);
  }
  const left = MARGIN + LETTER * Math.max(...classNames.map((name) => name.length));
  const most = Math.max(...confusion.flat());
  const total = confusion.flat().reduce((sum, n) => sum + n, 0);
  const right = confusion.reduce((sum, row, i) => sum + row[i], 0);
  const cells = confusion.flatMap((row, label) => row.map((images, answer) => ({ label, answer, images })));
  const worst = cells.filter(({ label, answer }) => label !== answer).sort((a, b) => b.images - a.images)[0];
  return {
    data: [
      {
        ...{
          type: 'heatmap',
          x: [...classNames],
          y: [...classNames],
          z: confusion,
          zmin: 0,
          zmax: most,
          showscale: false,
        },
        colorscale: [
          [0, '#ffffff'],
          [1, COLOURS[0]],
        ],
        hovertemplate: '%{y} taken for %{x}: %{z}<extra></extra>',
      },
    ],
    layout: {
      title: { text: title },
      width: count * CELL + left + 20,
      height: count * CELL + 110,
      margin: { l: left, r: 20, t: 50, b: 60 },
      xaxis: { type: 'category', title: { text: 'Answer' }, tickangle: 0, tickfont: { size: 9 } },
      yaxis: { type: 'category', title: { text: 'True class', standoff: 4 }, autorange: 'reversed' },
      annotations: cells
        .filter(({ images }) => images > 0)
        .map(({ label, answer, images }) => ({
          ...{ x: answer, y: label, text: String(images), showarrow: false },
          font: { size: 11, color: images > most / 2 ? '#ffffff' : '#2a3f5f' },
        })),
    },
    description: `${title}: ${right} of ${total} right${worst?.images ? `; most often wrong: ${classNames[worst.label]} taken for ${classNames[worst.answer]}, ${worst.images} times` : ''}.`,
  };
}
