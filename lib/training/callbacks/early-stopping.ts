import { tf } from '../../tf';
import { MonitorCallback, type MonitorOptions } from './monitor';
import type { CallbackState, Logs } from './resumable';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** The least change that counts as better; 0 by default. */
  minDelta?: number;
  /** Epochs in a row that may pass without anything better; 0 by default. */
  patience?: number;
  /** A value that has to be beaten, too, for the patience to start anew. */
  baseline?: number;
  /** Whether the model ends with the weights of its best epoch; false by default. */
  restoreBestWeights?: boolean;
  /** Epochs at the beginning that don't count. */
  startFromEpoch?: number;
}

/** Stops when a measure has stopped getting better: Keras's `EarlyStopping`, its arguments and defaults. */
export class EarlyStopping extends MonitorCallback {
  private wait = 0;
  private stoppedEpoch = 0;
  private bestEpoch = 0;
  private bestWeights: Float32Array[] = [];

  constructor(private readonly options: EarlyStoppingOptions = {}) {
    super(options, options.minDelta);
  }

  override async onTrainBegin(): Promise<void> {
    this.setState({ values: {}, weights: [] });
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const { patience = 0, baseline, restoreBestWeights = false, startFromEpoch = 0 } = this.options;
    const value = this.measured(logs);
    if (value === undefined || epoch < startFromEpoch) return;
    this.wait += 1;
    if (this.isImprovement(value, this.best)) {
      this.best = value;
      this.bestEpoch = epoch;
      if (restoreBestWeights) this.bestWeights = await copyWeights(this.model);
      if (baseline === undefined || this.isImprovement(value, baseline)) this.wait = 0;
    } else if (this.wait >= patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  override async onTrainEnd(): Promise<void> {
    if (this.stoppedEpoch > 0) this.print(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (this.bestWeights.length === 0) return;
    this.print(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    tf.tidy(() => {
      const shapes = this.model.getWeights().map(({ shape }) => shape);
      this.model.setWeights(this.bestWeights.map((values, i) => tf.tensor(values, shapes[i])));
    });
  }

  override getState(): CallbackState {
    const { best, wait, stoppedEpoch, bestEpoch } = this;
    return { values: { best, wait, stoppedEpoch, bestEpoch }, weights: this.bestWeights };
  }

  override setState({ values, weights }: CallbackState): void {
    this.best = values.best;
    this.wait = values.wait ?? 0;
    this.stoppedEpoch = values.stoppedEpoch ?? 0;
    this.bestEpoch = values.bestEpoch ?? 0;
    this.bestWeights = weights;
  }
}

/** Copies, since some backends hand out the very memory that training goes on changing. */
function copyWeights(model: tf.LayersModel): Promise<Float32Array[]> {
  return Promise.all(model.getWeights().map(async (weight) => Float32Array.from(await weight.data())));
}
