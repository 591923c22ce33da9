import { type CallbackState, ResumableCallback } from 'resnet-lab/dist/training/callbacks/resumable';

/** Counts the seconds of a training, those before it was resumed too. */
export class Stopwatch extends ResumableCallback {
  private readonly start = performance.now();
  private before = 0;

  get seconds(): number {
    return this.before + (performance.now() - this.start) / 1000;
  }

  override getState(): CallbackState {
    return { values: { seconds: this.seconds }, weights: [] };
  }

  override setState({ values }: CallbackState): void {
    this.before = values.seconds ?? 0;
  }
}
