import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordRun } from 'resnet-lab';

describe('recordRun', () => {
  it('notes accuracy against the time that training takes, and not what lies between the epochs', async (t) => {
    let now = 5000;
    t.mock.method(performance, 'now', () => now);
    const run = recordRun('head', 100);
    for (const [accuracy, stepMs] of [
      [0.5, 1500],
      [0.75, 500],
    ]) {
      await run.onEpochBegin?.(0);
      for (let step = 0; step < 2; step++) {
        now += stepMs;
        await run.onBatchEnd?.(step);
      }
      now += 60_000; // the validation images are measured
      await run.onEpochEnd?.(0, { val_accuracy: accuracy });
    }
    assert.deepEqual(run.points, [
      { seconds: 103, accuracy: 0.5 },
      { seconds: 104, accuracy: 0.75 },
    ]);
  });

  it('needs validation images', async () => {
    await assert.rejects(
      async () => recordRun('head').onEpochEnd?.(0, { loss: 1 }),
      /RangeError: .*validation, received none/,
    );
  });
});
