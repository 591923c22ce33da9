import { runningSignal } from '../interruption';
import { tf } from '../tf';
import type { Checkpoints } from './checkpoint';
import { trainEpoch } from './epoch';
import { evaluate } from './evaluate';
import type { History } from './history';
import { learningRateOf } from './learning-rate';
import { rememberStopped, type Training } from './prepare';
import { pastRates } from './run';
import { restoreSnapshot, type Snapshot, takeSnapshot } from './snapshot';

/** Trains to the end, or until the signal stops it, and writes checkpoints on the way. */
export async function train(training: Training, checkpoints?: Checkpoints): Promise<History> {
  const { model, state, begun } = training;
  const callbacks = callbackList(training);
  const save = async (when: 'step' | 'epoch' | 'now') => {
    if (when !== 'now' && !checkpoints?.isDue(when === 'epoch')) return;
    await checkpoints?.write(model, snapshot(training));
  };

  model.stopTraining = state.isStopped;
  await callbacks.onTrainBegin();
  if (begun) await restoreSnapshot(begun, training.callbacks);
  else await save('now'); // a folder that can't be written is told before anything is trained
  while (!isOver(training)) {
    await callbacks.onEpochBegin(state.epoch);
    const isTrained = await trainEpoch(training, callbacks, () => save('step'));
    const logs = isTrained && (await measure(training));
    if (!logs) {
      rememberStopped(model, snapshot(training));
      await save('now');
      tellStopped(training);
      return state.history;
    }
    await callbacks.onEpochEnd(state.epoch, logs);
    endEpoch(training, logs);
    await save(isOver(training) ? 'now' : 'epoch');
  }
  // Not in the checkpoint: EarlyStopping takes the best weights here, and with more epochs training goes on from the last.
  await callbacks.onTrainEnd();
  return state.history;
}

/** Who pressed a notebook's stop button wants to know what became of the training; other callers know why they stopped it. */
function tellStopped({ state, stepsPerEpoch }: Training): void {
  if (!runningSignal()?.aborted) return;
  console.log(
    `Stopped in epoch ${state.epoch + 1} after ${state.step} of ${stepsPerEpoch} steps. The weights are kept: \`fit\` with the same model goes on from here.`,
  );
}

function isOver({ state, epochs }: Training): boolean {
  return state.epoch >= epochs || (state.isStopped && state.step === 0);
}

function callbackList({
  model,
  train,
  epochs,
  batchSize,
  stepsPerEpoch,
  callbacks,
  signal,
  state,
}: Training): tf.CallbackList {
  const list = new tf.CallbackList(callbacks);
  list.setModel(model);
  const params = { epochs, batchSize, samples: train.labels.length, steps: stepsPerEpoch };
  // Beyond TensorFlow.js's own: what was measured before this call, and what stops it.
  list.setParams({ ...params, history: state.history, signal } as object as Parameters<typeof list.setParams>[0]);
  return list;
}

function snapshot({ model, state, schedule, stepsPerEpoch, seed, describe, callbacks }: Training): Snapshot {
  const rates = pastRates(schedule, state, stepsPerEpoch);
  return takeSnapshot({ run: describe(), rates, seed, state }, model.optimizer, callbacks);
}

/** What the epoch measured; undefined when the signal stops the validation. */
async function measure({ model, validation, schedule, signal, state: { total } }: Training) {
  const logs: Record<string, number> = { loss: total.loss / total.seen, accuracy: total.accuracy / total.seen };
  if (schedule) logs.learning_rate = learningRateOf(model.optimizer);
  if (validation === undefined) return logs;
  try {
    const { loss, accuracy } = await evaluate(model, validation, { signal });
    // Cross-entropy plus penalty, like the training loss, so that the two curves can be compared.
    return { ...logs, val_loss: loss + penalty(model), val_accuracy: accuracy };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

function penalty(model: tf.LayersModel): number {
  return tf.tidy(() => model.calculateLosses().reduce<number>((sum, term) => sum + term.dataSync()[0], 0));
}

/** Records the epoch, with what callbacks have added to its measures, and stands at the beginning of the next. */
function endEpoch({ model, state }: Training, logs: Record<string, number>): void {
  const { epoch, history } = state.history;
  epoch.push(state.epoch);
  for (const [name, value] of Object.entries(logs)) {
    history[name] ??= [];
    history[name].push(value);
  }
  Object.assign(state, { epoch: state.epoch + 1, step: 0, total: { loss: 0, accuracy: 0, seen: 0 } });
  state.isStopped = model.stopTraining;
}
