import { learningRateOf, setLearningRate } from '../learning-rate';
import { type CallbackState, type Logs, ResumableCallback } from './resumable';

/**
 * Sets the learning rate at the beginning of every epoch: Keras's `LearningRateScheduler`. For a rate that changes at
 * every step give `fit` a schedule.
 */
export class LearningRateScheduler extends ResumableCallback {
  private epoch = -1;

  /** @param schedule from the epoch, counted from 0, and the present rate to the epoch's rate. */
  constructor(
    private readonly schedule: (epoch: number, learningRate: number) => number,
    private readonly options: { verbose?: 0 | 1 } = {},
  ) {
    super();
  }

  override async onTrainBegin(): Promise<void> {
    this.epoch = -1;
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    if (epoch === this.epoch) return; // resumed in the middle of it: the rate is set, and may depend on the one before
    this.epoch = epoch;
    const rate = this.schedule(epoch, learningRateOf(this.model.optimizer));
    setLearningRate(this.model.optimizer, rate);
    if (this.options.verbose)
      console.log(`Epoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${rate}.`);
  }

  override async onEpochEnd(_: number, logs: Logs = {}): Promise<void> {
    logs.learning_rate = learningRateOf(this.model.optimizer);
  }

  override getState(): CallbackState {
    return { values: { epoch: this.epoch }, weights: [] };
  }

  override setState({ values }: CallbackState): void {
    this.epoch = values.epoch ?? -1;
  }
}
