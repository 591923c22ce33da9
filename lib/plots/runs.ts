import type { Run } from '../training/callbacks/record-run';
import { COLOURS, CURVE_MARGIN, type Figure } from './figure';

const percent = (accuracy: number) => `${(100 * accuracy).toFixed(1)} %`;

/** Pixels for the names beside the curves. */
const legendWidth = (runs: readonly Run[]) => 60 + 7 * Math.max(...runs.map(({ name }) => name.length));

/**
 * Accuracy against time, a curve for each training: what does waiting buy? (`recordRun` records them.)
 *
 * @throws RangeError when there is no training, or one without a finished epoch.
 */
export function plotRuns(runs: readonly Run[], title = 'Accuracy against time'): Figure {
  if (runs.length === 0) throw new RangeError('plotRuns should be given at least one training, received none.');
  const empty = runs.find(({ points }) => points.length === 0);
  if (empty) throw new RangeError(`Each training should have a finished epoch, '${empty.name}' has none.`);
  const ends = runs.map(({ name, points }) => {
    const { seconds, accuracy } = points[points.length - 1];
    return `${name} ${percent(accuracy)} after ${seconds.toFixed(0)} s`;
  });
  return {
    data: runs.map(({ name, points }, i) => ({
      type: 'scatter',
      mode: 'lines+markers',
      name,
      line: { color: COLOURS[i % COLOURS.length] },
      x: points.map(({ seconds }) => Number(seconds.toFixed(2))),
      y: points.map(({ accuracy }) => Number(accuracy.toFixed(4))),
    })),
    layout: {
      title: { text: title },
      xaxis: { title: { text: 'Seconds of training' }, rangemode: 'tozero' },
      yaxis: { title: { text: 'Accuracy' }, range: [0, 1] },
      showlegend: true,
      ...{ height: 400, margin: { ...CURVE_MARGIN, r: legendWidth(runs) } },
    },
    description: `${title}: ${ends.join('; ')}.`,
  };
}
