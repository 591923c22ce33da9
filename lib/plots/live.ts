import { tf } from '../tf';
import type { Logs } from '../training/callbacks/resumable';
import { type History, newHistory } from '../training/history';
import { isNotebook, newDisplay } from './display';
import { plotProgress, type TrainingProgress } from './progress';

/** The part of the time that drawing may take while steps go on, and with the epochs' own redrawing. */
const [DRAWING_STEPS, DRAWING_EPOCHS] = [0.01, 0.015];
/** A figure that changes more often can't be read. */
const SHORTEST_MS = 300;

/** What `fit`, or TensorFlow.js's own `model.fit`, tells its callbacks about the training. */
interface Params {
  epochs: number;
  steps?: number | null;
  samples?: number;
  batchSize?: number;
  initialEpoch?: number;
  /** Only from `fit`: what was measured before this call, and what stops it. */
  history?: History;
  signal?: AbortSignal;
}

/**
 * A callback for `fit` and for TensorFlow.js's own `model.fit` that draws the training while it goes on: loss and accuracy
 * of steps and epochs, how far it is, the learning rate and the time that is left. It takes at most 2% of the time.
 */
export function liveHistory(title = 'Training'): tf.CustomCallback {
  return new LiveHistory(title);
}

class LiveHistory extends tf.CustomCallback {
  private draw = newDisplay();
  private measured: History = newHistory();
  private model: unknown;
  /** Asked once a training: finding out takes longer than a small step. */
  private isInNotebook = false;
  private begunAt = 0;
  private begunWith = 0;
  private drawnAt = 0;
  private drawingMs = 0;
  /** The most steps that an epoch had, for data that don't tell how many they are. */
  private longestEpoch = 1;
  private readonly tellStop = () => this.show('stopped');

  constructor(private readonly title: string) {
    super({
      onTrainBegin: async () => this.begin(),
      onBatchEnd: async (batch, logs = {}) => this.step(batch, logs),
      onEpochEnd: async (epoch, logs = {}) => this.epoch(epoch, logs),
      onTrainEnd: async () => this.end(),
    });
  }

  override setModel(model: unknown): void {
    this.model = model;
  }

  private get training(): Params {
    return this.params as unknown as Params;
  }

  private begin(): void {
    this.draw = newDisplay();
    this.isInNotebook = isNotebook();
    this.measured = structuredClone(this.training.history ?? newHistory());
    this.begunWith = this.measured.steps.loss.length;
    this.begunAt = performance.now();
    this.drawingMs = 0;
    this.longestEpoch = 1;
    // Between two steps, or in the validation, nothing else would tell.
    this.training.signal?.addEventListener('abort', this.tellStop);
    this.show('running');
  }

  private end(): void {
    this.training.signal?.removeEventListener('abort', this.tellStop);
    this.show('ended');
  }

  private step(batch: number, logs: Logs): void {
    this.longestEpoch = Math.max(this.longestEpoch, batch + 1);
    const { loss, accuracy } = this.measured.steps;
    loss.push(logs.loss);
    const measured = logs.accuracy ?? logs.acc;
    if (measured !== undefined) accuracy.push(measured);
    if (!this.isInNotebook) return; // a printed line for each epoch is enough
    if (this.training.signal?.aborted) this.show('stopped');
    else if (performance.now() - this.drawnAt >= SHORTEST_MS && this.drawingShare() <= DRAWING_STEPS) {
      this.show('running');
    }
  }

  private epoch(epoch: number, logs: Logs): void {
    const { history } = this.measured;
    this.measured.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      history[name] ??= [];
      history[name].push(value);
    }
    if (!this.isInNotebook || this.drawingShare() <= DRAWING_EPOCHS) this.show('running');
  }

  private drawingShare(): number {
    return this.drawingMs / (performance.now() - this.begunAt);
  }

  private show(state: TrainingProgress['state']): void {
    const start = performance.now();
    this.draw(plotProgress(this.progress(state), this.title));
    this.drawnAt = performance.now();
    this.drawingMs += this.drawnAt - start;
  }

  private progress(state: TrainingProgress['state']): TrainingProgress {
    const { epochs, steps, samples, batchSize, initialEpoch: epochsBefore = 0 } = this.training;
    const counted = samples && batchSize ? Math.ceil(samples / batchSize) : this.longestEpoch;
    const stepsPerEpoch = steps || counted;
    const done = this.measured.steps.loss.length;
    const perStep = (performance.now() - this.begunAt) / 1000 / (done - this.begunWith);
    const secondsLeft = Number.isFinite(perStep)
      ? perStep * ((epochs - epochsBefore) * stepsPerEpoch - done)
      : undefined;
    const { learningRate } = (this.model as { optimizer?: { learningRate?: number } } | undefined)?.optimizer ?? {};
    return { ...this.measured, epochs, stepsPerEpoch, epochsBefore, secondsLeft, learningRate, state };
  }
}
