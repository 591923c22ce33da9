import { learningRateOf, setLearningRate } from '../learning-rate';
import { MonitorCallback, type MonitorOptions } from './monitor';
import type { CallbackState, Logs } from './resumable';

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied by, below 1; 0.1 by default. */
  factor?: number;
  /** Epochs in a row without anything better before that; 10 by default. */
  patience?: number;
  /** The least change that counts as better; 1e-4 by default. */
  minDelta?: number;
  /** Epochs after a reduction that don't count; 0 by default. */
  cooldown?: number;
  /** The rate never falls below it; 0 by default. */
  minLr?: number;
}

/** Lowers the learning rate when a measure has stopped getting better: Keras's `ReduceLROnPlateau` and its defaults. */
export class ReduceLROnPlateau extends MonitorCallback {
  private wait = 0;
  private cooldownCounter = 0;

  constructor(private readonly options: ReduceLROnPlateauOptions = {}) {
    super(options, options.minDelta ?? 1e-4);
    const { factor = 0.1 } = options;
    if (!(factor < 1)) throw new RangeError(`factor should be below 1, received ${factor}.`);
  }

  override async onTrainBegin(): Promise<void> {
    this.setState({ values: {}, weights: [] });
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const { patience = 10, cooldown = 0 } = this.options;
    logs.learning_rate = learningRateOf(this.model.optimizer);
    const value = this.measured(logs);
    if (value === undefined) return;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter -= 1;
      this.wait = 0;
    }
    if (this.isImprovement(value, this.best)) {
      this.best = value;
      this.wait = 0;
    } else if (this.cooldownCounter === 0) {
      this.wait += 1;
      if (this.wait >= patience && this.reduce(epoch)) {
        this.cooldownCounter = cooldown;
        this.wait = 0;
      }
    }
  }

  /** False when the rate is at its lowest already. */
  private reduce(epoch: number): boolean {
    const { factor = 0.1, minLr = 0 } = this.options;
    const rate = learningRateOf(this.model.optimizer);
    if (!(Math.fround(rate) > Math.fround(minLr))) return false; // Keras keeps rates in single precision
    const reduced = Math.max(rate * factor, minLr);
    setLearningRate(this.model.optimizer, reduced);
    this.print(`Epoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${reduced}.`);
    return true;
  }

  override getState(): CallbackState {
    const { best, wait, cooldownCounter } = this;
    return { values: { best, wait, cooldownCounter }, weights: [] };
  }

  override setState({ values }: CallbackState): void {
    this.best = values.best;
    this.wait = values.wait ?? 0;
    this.cooldownCounter = values.cooldownCounter ?? 0;
  }
}
