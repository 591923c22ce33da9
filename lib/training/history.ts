/** What a training measured. */
export interface History {
  /** 0, 1, …: the epochs that were finished. */
  epoch: number[];
  /**
   * One value an epoch under Keras's names: `loss`, `accuracy`, with validation `val_loss`, `val_accuracy`, and
   * `learning_rate` with a schedule or a callback that changes it.
   */
  history: Record<string, number[]>;
  /** One value a step, over the step's own batch. */
  steps: { loss: number[]; accuracy: number[] };
}

/** Where a training stands. */
export interface TrainingState {
  /** The present epoch, and the steps of it that are done. */
  epoch: number;
  step: number;
  /** Sums over the images of this epoch that were seen. */
  total: { loss: number; accuracy: number; seen: number };
  history: History;
  /** Whether a callback asked to stop at the end of the epoch, though there may be others left. */
  isStopped: boolean;
}

export function newHistory(): History {
  return { epoch: [], history: {}, steps: { loss: [], accuracy: [] } };
}

export function newState(): TrainingState {
  return {
    epoch: 0,
    step: 0,
    total: { loss: 0, accuracy: 0, seen: 0 },
    history: newHistory(),
    isStopped: false,
  };
}
