import { checkCount } from '../checks';
import { type Axis, COLOURS, CURVE_MARGIN, type Figure } from './figure';

/** What the plots of a training need of its history: TensorFlow.js's own `History` has it too. */
export interface PlottedHistory {
  epoch: number[];
  history: Record<string, unknown>;
}

/** What TensorFlow.js's own training calls them. */
const SHORT: Record<string, string> = { accuracy: 'acc', val_accuracy: 'val_acc' };

/** Dots for more epochs than this run into one another. */
const MARKED_EPOCHS = 60;
/** Points of a curve of steps: more of them than pixels can't be seen. */
const POINTS = 500;

const PANELS = [
  { title: 'Loss', names: ['loss', 'val_loss'], axis: '' },
  { title: 'Accuracy', names: ['accuracy', 'val_accuracy'], axis: '2' },
];

/**
 * Loss and accuracy after each epoch, of training and, where there is one, of validation.
 *
 * @throws RangeError when the history has no finished epoch.
 */
export function plotHistory({ epoch, history }: PlottedHistory, title = 'Training'): Figure {
  const values = (name: string) => (history[name] ?? history[SHORT[name]]) as number[] | undefined;
  if (!values('loss')?.length)
    throw new RangeError('The history should hold at least one finished epoch, received none.');
  const epochs = epoch.map((index) => index + 1);
  const data = PANELS.flatMap(({ names, axis }) =>
    names
      .filter((name) => values(name) !== undefined)
      .map((name) => ({
        type: 'scatter',
        mode: epochs.length > MARKED_EPOCHS ? 'lines' : 'lines+markers',
        name: name.startsWith('val_') ? 'validation' : 'training',
        legendgroup: name.startsWith('val_') ? 'validation' : 'training',
        showlegend: axis === '',
        line: { color: COLOURS[name.startsWith('val_') ? 1 : 0] },
        x: epochs,
        y: values(name),
        xaxis: `x${axis}`,
        yaxis: `y${axis}`,
      })),
  );
  const last = (name: string) => values(name)?.at(-1)?.toFixed(3);
  const validated = values('val_loss') ? `; validation loss ${last('val_loss')}, accuracy ${last('val_accuracy')}` : '';
  return {
    data,
    layout: {
      title: { text: title },
      ...sideBySide({ title: { text: 'Epoch' }, dtick: tick(epochs.length) }),
      ...{ height: 360, margin: CURVE_MARGIN },
    },
    description: `${title}, ${epochs.length} epochs: loss ${last('loss')}, accuracy ${last('accuracy')}${validated}.`,
  };
}

/** The axes of two panels, loss and accuracy, over the same quantity. */
export function sideBySide(xaxis: Axis): Record<string, unknown> {
  return {
    xaxis: { ...xaxis, domain: [0, 0.44], anchor: 'y' },
    xaxis2: { ...xaxis, domain: [0.56, 1], anchor: 'y2' },
    yaxis: { title: { text: 'Loss' }, rangemode: 'tozero' },
    yaxis2: { title: { text: 'Accuracy' }, range: [0, 1], anchor: 'x2' },
  };
}

/** A mark at every epoch, or at every tenth of a long training. */
export const tick = (epochs: number) => Math.max(1, Math.ceil(epochs / 10));

/**
 * The loss of several trainings, step by step, in one panel: which of them learns faster?
 *
 * @param losses one value a step for each training, by its name.
 * @param smoothing number of steps that each point is the mean of; batches differ, and single steps jump.
 */
export function plotLosses(losses: Record<string, number[]>, title = 'Loss', smoothing = 1): Figure {
  const names = Object.keys(losses);
  if (names.length === 0) throw new RangeError('plotLosses should be given at least one training, received none.');
  checkCount('smoothing', smoothing);
  const smooth = Object.fromEntries(names.map((name) => [name, runningMean(losses[name], smoothing)]));
  const empty = names.find((name) => losses[name].length === 0);
  if (empty !== undefined) throw new RangeError(`Each training should have at least one step, '${empty}' has none.`);
  return {
    data: names.map((name, i) => ({
      type: 'scatter',
      mode: 'lines',
      name,
      line: { color: COLOURS[i % COLOURS.length] },
      ...thinned(smooth[name]),
    })),
    layout: {
      title: { text: title },
      xaxis: { title: { text: 'Step' } },
      yaxis: { title: { text: smoothing > 1 ? `Loss (mean of ${smoothing} steps)` : 'Loss' }, rangemode: 'tozero' },
      ...{ height: 360, margin: CURVE_MARGIN },
    },
    description: `${title}: ${names.map((name) => `${name} from ${smooth[name][0]?.toFixed(3)} to ${smooth[name].at(-1)?.toFixed(3)}`).join('; ')}.`,
  };
}

/** At most `POINTS` of the values, evenly, with the numbers of their steps: a notebook carries every point twice. */
function thinned(values: number[]): { x: number[]; y: number[] } {
  const every = Math.ceil(values.length / POINTS);
  const kept = values.map((_, i) => i).filter((i) => (values.length - 1 - i) % every === 0);
  return { x: kept.map((i) => i + 1), y: kept.map((i) => Number(values[i].toPrecision(5))) };
}

/** The mean of each value and the `length` − 1 before it. */
function runningMean(values: number[], length: number): number[] {
  return values.map((_, i) => {
    const window = values.slice(Math.max(0, i - length + 1), i + 1);
    return window.reduce((sum, value) => sum + value, 0) / window.length;
  });
}
