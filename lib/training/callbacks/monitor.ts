import type { CallbackState, Logs } from './resumable';
import { ResumableCallback } from './resumable';

export interface MonitorOptions {
  /** The measure to watch; `val_loss` by default. */
  monitor?: string;
  /** Whether less or more is better; by default less of a loss and more of an accuracy. */
  mode?: 'auto' | 'min' | 'max';
  /** 1 to print what the callback does. */
  verbose?: 0 | 1;
}

/** What TensorFlow.js's own `model.fit` calls them. */
const SHORT: Record<string, string> = { accuracy: 'acc', val_accuracy: 'val_acc' };

/** A callback that watches one measure: Keras's `MonitorCallback`. */
export abstract class MonitorCallback extends ResumableCallback {
  protected readonly monitor: string;
  protected readonly verbose: boolean;
  protected best: number | undefined;
  private readonly isLessBetter: boolean;
  private hasWarned = false;

  constructor(
    { monitor = 'val_loss', mode = 'auto', verbose = 0 }: MonitorOptions,
    private readonly minDelta = 0,
  ) {
    super();
    this.monitor = monitor;
    this.verbose = verbose > 0;
    this.isLessBetter = lessIsBetter(monitor, mode);
  }

  /** The measure after this epoch; undefined, with one warning, when the training does not take it. */
  protected measured(logs: Logs): number | undefined {
    const value = logs[this.monitor] ?? logs[SHORT[this.monitor]];
    if (value === undefined && !this.hasWarned) {
      this.hasWarned = true;
      console.warn(
        `${this.constructor.name} watches '${this.monitor}', but this training measures ${Object.keys(logs).join(', ')}. Name one of them, or give fit a validation.`,
      );
    }
    return value;
  }

  /** Whether `value` is better than `reference` by more than `minDelta`; anything is better than nothing. */
  protected isImprovement(value: number, reference: number | undefined): boolean {
    if (reference === undefined) return true;
    const delta = Math.abs(this.minDelta);
    // Keras compares in single precision.
    const [least, before] = [this.isLessBetter ? value + delta : value - delta, reference].map(Math.fround);
    return this.isLessBetter ? least < before : least > before;
  }

  protected print(message: string): void {
    if (this.verbose) console.log(message);
  }

  abstract override getState(): CallbackState;
}

function lessIsBetter(monitor: string, mode: string): boolean {
  if (mode === 'min' || mode === 'max') return mode === 'min';
  const measure = monitor.replace(/^val_/, '');
  if (mode === 'auto' && measure === 'loss') return true;
  if (mode === 'auto' && (measure === 'accuracy' || measure === 'acc')) return false;
  throw new RangeError(
    `mode should be 'min' or 'max', and may be 'auto' for a loss or an accuracy; received '${mode}' for '${monitor}'.`,
  );
}
