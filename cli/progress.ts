import { Presets, SingleBar } from 'cli-progress';
import type { tf } from 'resnet-lab';

/** A bar for each epoch with the mean loss and accuracy so far, and a line after it. To be stopped in any case. */
export function progressBar(epochs: number, steps: number): { callback: tf.CustomCallbackArgs; stop: () => void } {
  const format = 'Epoch {epoch} {bar} {value}/{total} steps | {eta_formatted} left | loss {loss} accuracy {accuracy}';
  const bar = new SingleBar({ format, stream: process.stdout, linewrap: true }, Presets.shades_classic);
  let mean = { loss: 0, accuracy: 0 };
  let seen = 0;
  const text = () => ({ loss: mean.loss.toFixed(3), accuracy: mean.accuracy.toFixed(3) });
  const callback: tf.CustomCallbackArgs = {
    onEpochBegin: async (epoch) => {
      mean = { loss: 0, accuracy: 0 };
      seen = 0; // steps: fewer than there were when a training goes on in the middle of an epoch
      bar.start(steps, 0, { epoch: `${epoch + 1}/${epochs}`, ...text() });
    },
    onBatchEnd: async (batch, logs = {}) => {
      seen += 1;
      mean = {
        loss: mean.loss + (logs.loss - mean.loss) / seen,
        accuracy: mean.accuracy + (logs.accuracy - mean.accuracy) / seen,
      };
      bar.update(batch + 1, text());
    },
    onEpochEnd: async (epoch, logs = {}) => {
      bar.stop();
      const values = Object.entries(logs).map(([name, value]) => `${name} ${value.toFixed(4)}`);
      console.log(`Epoch ${epoch + 1}/${epochs}: ${values.join(', ')}`);
    },
  };
  return { callback, stop: () => bar.stop() };
}
