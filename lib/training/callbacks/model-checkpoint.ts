import { saveModel } from '../../models/files';
import { saveKerasWeights } from '../../models/keras/save';
import { MonitorCallback, type MonitorOptions } from './monitor';
import type { CallbackState, Logs } from './resumable';

export interface ModelCheckpointOptions extends MonitorOptions {
  /** Whether to save only what is better than everything before; false by default. */
  saveBestOnly?: boolean;
  /** Whether to save the weights alone, for Keras and `loadKerasWeights`, in a file that ends in `.weights.h5`; false by default. */
  saveWeightsOnly?: boolean;
  /** A value that the first saved model has to beat. */
  initialValueThreshold?: number;
  /** `epoch`, or after how many steps to save; `epoch` by default. */
  saveFreq?: 'epoch' | number;
}

/**
 * Saves the model while it trains: Keras's `ModelCheckpoint`. What it saves is a model to use (`loadModel`); a training
 * that is to go on after an interruption needs `fit`'s option `checkpoint`.
 */
export class ModelCheckpoint extends MonitorCallback {
  private epoch = 0;
  private steps = 0;

  /** @param filepath a folder, or the file of the weights; `{epoch}`, `{epoch:02d}` and `{val_loss:.2f}` in it stand for numbers, as in Keras. */
  constructor(
    private readonly filepath: string,
    private readonly options: ModelCheckpointOptions = {},
  ) {
    super(options);
    this.best = options.initialValueThreshold;
    const { saveFreq = 'epoch', saveWeightsOnly } = options;
    if (saveWeightsOnly && !filepath.endsWith('.weights.h5')) {
      throw new RangeError(`With saveWeightsOnly, filepath should end in .weights.h5, received ${filepath}.`);
    }
    if (saveFreq !== 'epoch' && !(Number.isInteger(saveFreq) && saveFreq > 0)) {
      throw new RangeError(`saveFreq should be 'epoch' or a whole number of at least 1, received ${saveFreq}.`);
    }
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.epoch = epoch;
  }

  override async onBatchEnd(batch: number, logs: Logs = {}): Promise<void> {
    const { saveFreq = 'epoch' } = this.options;
    if (saveFreq === 'epoch') return;
    this.steps += 1;
    if (this.steps < saveFreq) return;
    this.steps = 0;
    await this.save({ ...logs, batch: batch + 1 });
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    this.epoch = epoch;
    if ((this.options.saveFreq ?? 'epoch') === 'epoch') await this.save(logs);
  }

  private async save(logs: Logs): Promise<void> {
    const path = format(this.filepath, { ...logs, epoch: this.epoch + 1 });
    const title = `Epoch ${this.epoch + 1}:`;
    const before = this.best?.toFixed(5) ?? 'none';
    if (this.options.saveBestOnly) {
      const value = this.measured(logs);
      if (value === undefined) return;
      if (!this.isImprovement(value, this.best)) {
        this.print(`${title} ${this.monitor} did not improve from ${before}`);
        return;
      }
      this.print(`${title} ${this.monitor} improved from ${before} to ${value.toFixed(5)}, saving model to ${path}`);
      this.best = value;
    } else {
      this.print(`${title} saving model to ${path}`);
    }
    await (this.options.saveWeightsOnly ? saveKerasWeights : saveModel)(this.model, path);
  }

  override getState(): CallbackState {
    return { values: { best: this.best, steps: this.steps }, weights: [] };
  }

  override setState({ values }: CallbackState): void {
    this.best = values.best;
    this.steps = values.steps ?? 0;
  }
}

/** Python's `'{epoch:02d}-{val_loss:.2f}'.format(…)`, as far as paths of checkpoints use it. */
function format(path: string, values: Record<string, number>): string {
  return path.replace(/\{(\w+)(?::(?:0?(\d*)d|\.(\d+)f))?\}/g, (_, name: string, width?: string, digits?: string) => {
    if (!(name in values)) {
      throw new RangeError(`The path '${path}' names ${name}; there are ${Object.keys(values).join(', ')}.`);
    }
    return digits === undefined
      ? String(values[name]).padStart(Number(width ?? 0), '0')
      : values[name].toFixed(Number(digits));
  });
}
