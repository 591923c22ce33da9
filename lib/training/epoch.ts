import { permutation, randomFor } from '../random';
import { tf } from '../tf';
import { batches, imageBatch, labelBatch } from './batches';
import { classCount } from './checks';
import type { TrainingState } from './history';
import { setLearningRate } from './learning-rate';
import type { Training } from './prepare';

/** What a step trains on. */
interface Batch {
  inputs: tf.Tensor;
  targets: tf.Tensor2D;
}

/**
 * Trains on the batches that are left of the present epoch. Every random choice depends on the seed, the epoch and the
 * step alone, so an epoch may be interrupted anywhere.
 *
 * @param afterStep is awaited after each step.
 * @returns false when the signal stopped it.
 */
export async function trainEpoch(
  training: Training,
  callbacks: tf.CallbackList,
  afterStep: () => Promise<void>,
): Promise<boolean> {
  const { model, state, schedule, signal, stepsPerEpoch } = training;
  const prepare = batchMaker(training);
  let next = prepare(state.step);
  try {
    for (let step = state.step; next && (step === 0 || !model.stopTraining); step++) {
      if (signal?.aborted) return false;
      const { size, batch }: Planned = next;
      await callbacks.onBatchBegin(step);
      if (schedule) setLearningRate(model.optimizer, schedule(state.epoch * stepsPerEpoch + step, stepsPerEpoch));
      const stepping = trainStep(model, batch);
      next = undefined; // the step disposes of it
      // Once the step's jobs are given, the backend's other threads compute while this one prepares the next batch.
      await Promise.race([stepping, new Promise(setImmediate)]);
      let measured: Awaited<typeof stepping>;
      try {
        next = prepare(step + 1);
      } finally {
        measured = await stepping; // whatever happens, no step goes on behind the caller's back
      }
      record(state, size, measured);
      await callbacks.onBatchEnd(step, { batch: step, size, ...measured });
      state.step = step + 1;
      state.isStopped = model.stopTraining;
      await afterStep();
      await new Promise(setImmediate); // a notebook's kernel has messages to answer
    }
  } finally {
    if (next) tf.dispose([next.batch.inputs, next.batch.targets]);
  }
  return true;
}

/** A batch with the number of its images. */
interface Planned {
  size: number;
  batch: Batch;
}

/** Makes the batches of the present epoch by their numbers; undefined after the last. */
function batchMaker({ model, train, images, batchSize, preprocess, augmentation, seed, state: { epoch } }: Training) {
  const order = permutation(train.labels.length, randomFor(seed, 'shuffle', epoch));
  const plan = [...batches(order, batchSize)];
  const classes = classCount(model);
  return (step: number): Planned | undefined => {
    const indices = plan[step];
    if (indices === undefined) return undefined;
    const random = randomFor(seed, 'augment', epoch, step);
    const inputs = imageBatch(images, indices, { preprocess, augment: augmentation && { augmentation, random } });
    return { size: indices.length, batch: { inputs, targets: labelBatch(train.labels, indices, classes) } };
  };
}

function record(
  { total, history: { steps } }: TrainingState,
  size: number,
  measured: { loss: number; accuracy: number },
) {
  steps.loss.push(measured.loss);
  steps.accuracy.push(measured.accuracy);
  total.loss += measured.loss * size;
  total.accuracy += measured.accuracy * size;
  total.seen += size;
}

/** One step on one batch, whose tensors it disposes. */
async function trainStep(
  model: tf.LayersModel,
  { inputs, targets }: Batch,
): Promise<{ loss: number; accuracy: number }> {
  try {
    const [loss, accuracy] = (await model.trainOnBatch(inputs, targets)) as number[];
    return { loss, accuracy };
  } catch (error) {
    disposeTape();
    throw error;
  } finally {
    tf.dispose([inputs, targets]);
  }
}

/** TensorFlow.js keeps what a step saved for its gradients when that step fails, such as for want of memory. */
function disposeTape(): void {
  const { state } = tf.engine() as unknown as { state: { activeTape: { saved?: tf.Tensor[] }[] | null } };
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = null;
}
