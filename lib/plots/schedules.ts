import { checkCount } from '../checks';
import type { Schedule } from '../training/schedules';
import { COLOURS, CURVE_MARGIN, type Figure } from './figure';

const short = (rate: number) => Number(rate.toPrecision(3));

/** Points of a curve. */
const POINTS = 400;

/**
 * The learning rates of several schedules over a training, on a logarithmic scale, where equal steps are equal factors.
 *
 * @throws RangeError when there is no schedule or no epoch.
 */
export function plotSchedules(schedules: Record<string, Schedule>, epochs: number, title = 'Learning rate'): Figure {
  const names = Object.keys(schedules);
  if (names.length === 0) throw new RangeError('plotSchedules should be given at least one schedule, received none.');
  checkCount('epochs', epochs);
  const stepsPerEpoch = Math.max(1, Math.round(POINTS / epochs));
  const steps = Array.from({ length: epochs * stepsPerEpoch }, (_, step) => step);
  const rates = names.map((name) => steps.map((step) => schedules[name](step, stepsPerEpoch)));
  return {
    data: names.map((name, i) => ({
      type: 'scatter',
      mode: 'lines',
      name,
      line: { color: COLOURS[i % COLOURS.length] },
      x: steps.map((step) => step / stepsPerEpoch),
      y: rates[i].map((rate) => (rate > 0 ? Number(rate.toPrecision(4)) : null)), // a logarithmic scale has no place for 0
    })),
    layout: {
      title: { text: title },
      xaxis: { title: { text: 'Epoch' } },
      yaxis: { title: { text: 'Learning rate' }, type: 'log', exponentformat: 'power' },
      showlegend: true,
      ...{ height: 360, margin: CURVE_MARGIN },
    },
    description: `${title} over ${epochs} epochs: ${names
      .map(
        (name, i) =>
          `${name} from ${short(rates[i][0])} to ${short(rates[i].at(-1) as number)}, ${short(Math.max(...rates[i]))} at most`,
      )
      .join('; ')}.`,
  };
}
