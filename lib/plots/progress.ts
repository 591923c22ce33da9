import { COLOURS, CURVE_MARGIN, type Figure } from './figure';
import { type PlottedHistory, sideBySide, tick } from './history';

/** A training that is still going on, as its figure needs it. */
export interface TrainingProgress extends PlottedHistory {
  epochs: number;
  stepsPerEpoch: number;
  /** One value for each step so far, over the step's own batch; accuracy may be missing. */
  steps: { loss: number[]; accuracy: number[] };
  /** Epochs before the first step, of a training that TensorFlow.js began at `initialEpoch`. */
  epochsBefore?: number;
  learningRate?: number;
  /** Seconds that it is expected to take from here; undefined before the first step. */
  secondsLeft?: number;
  /** Whether it has ended, or was stopped. */
  state: 'running' | 'ended' | 'stopped';
}

/** Points of a curve of steps: more of them than pixels would only make the notebook larger. */
const POINTS = 150;

/**
 * Loss and accuracy of a training that is still going on: a thin curve of its steps, a dot for each epoch, and in the
 * title how far it is, its learning rate and the time that is left.
 */
export function plotProgress(progress: TrainingProgress, title = 'Training'): Figure {
  const { epochs, stepsPerEpoch, steps, epoch, history, epochsBefore = 0 } = progress;
  const ends = epoch.map((index) => index + 1);
  const curve = (name: string, values: number[], axis: string) => ({
    ...{ type: 'scatter', mode: 'lines', name: 'steps', showlegend: axis === '', xaxis: `x${axis}`, yaxis: `y${axis}` },
    line: { color: COLOURS[5], width: 1 },
    ...means(values, stepsPerEpoch, epochsBefore),
    hovertemplate: `${name} %{y:.3f}<extra></extra>`,
  });
  const dots = (name: string, colour: string, values: number[] | undefined, axis: string) => ({
    ...{ type: 'scatter', mode: 'lines+markers', name, showlegend: axis === '', xaxis: `x${axis}`, yaxis: `y${axis}` },
    line: { color: colour },
    x: ends,
    y: values ?? [],
  });
  const values = (name: string, short: string) => (history[name] ?? history[short]) as number[] | undefined;
  const shown = epochsShown(epochs, epochsBefore + steps.loss.length / stepsPerEpoch);
  const xaxis = { title: { text: 'Epoch' }, range: [0, shown], dtick: tick(shown) };
  const status = describeStatus(progress);
  return {
    data: [
      curve('loss', steps.loss, ''),
      dots('training', COLOURS[0], values('loss', 'loss'), ''),
      dots('validation', COLOURS[1], values('val_loss', 'val_loss'), ''),
      curve('accuracy', steps.accuracy, '2'),
      dots('training', COLOURS[0], values('accuracy', 'acc'), '2'),
      dots('validation', COLOURS[1], values('val_accuracy', 'val_acc'), '2'),
    ].filter(({ y }) => y.length > 0),
    layout: {
      title: { text: `${title}: ${status}`, font: { size: 14 } },
      ...sideBySide(xaxis),
      height: 360,
      margin: CURVE_MARGIN,
    },
    description: `${title}: ${status}${describeMeasures(progress)}.`,
  };
}

/** The axis doubles when the training comes to its end, so that the curve always fills half of it. */
function epochsShown(epochs: number, done: number): number {
  return Math.min(epochs, 2 ** Math.ceil(Math.log2(Math.max(1, done))));
}

function describeStatus(progress: TrainingProgress): string {
  const { epochs, stepsPerEpoch, steps, epochsBefore = 0, learningRate, secondsLeft, state } = progress;
  const done = epochsBefore * stepsPerEpoch + steps.loss.length;
  const total = epochs * stepsPerEpoch;
  const epoch = Math.min(epochs, Math.floor(done / stepsPerEpoch) + 1);
  const step = done - (epoch - 1) * stepsPerEpoch;
  const rate = learningRate === undefined ? '' : `, learning rate ${Number(learningRate.toPrecision(3))}`;
  if (state === 'ended') return `${steps.loss.length} steps done${rate}`;
  const place = `epoch ${epoch} of ${epochs}, step ${step} of ${stepsPerEpoch}${rate}`;
  if (state === 'stopped') return `stopped in ${place}`;
  const left = secondsLeft === undefined || done === total ? '' : `, ${describeSeconds(secondsLeft)} left`;
  return place + left;
}

function describeMeasures({ steps, history }: TrainingProgress): string {
  const last = (values: unknown) => (values as number[] | undefined)?.at(-1)?.toFixed(3);
  const step = steps.loss.length > 0 ? `; loss of the last step ${last(steps.loss)}` : '';
  const validation = last(history.val_accuracy ?? history.val_acc);
  return step + (validation === undefined ? '' : `, validation accuracy ${validation}`);
}

/** 42 s, 3 min 5 s, 2 h 10 min. */
export function describeSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Means of groups of steps, so that there are at most `POINTS`, at the place of each group's last step in epochs. */
function means(values: number[], stepsPerEpoch: number, epochsBefore: number): { x: number[]; y: number[] } {
  const size = Math.max(1, Math.ceil(values.length / POINTS));
  const groups = Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    values.slice(i * size, (i + 1) * size),
  );
  return {
    x: groups.map((group, i) => Number((epochsBefore + (i * size + group.length) / stepsPerEpoch).toFixed(3))),
    y: groups.map((group) => Number((group.reduce((sum, value) => sum + value, 0) / group.length).toFixed(4))),
  };
}
