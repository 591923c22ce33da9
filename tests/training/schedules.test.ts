// Schedules: the rates of Keras's CosineDecay and PyTorch's OneCycleLR (tests/keras/make_training_vectors.py).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cosineDecay, lrSchedule, oneCycle, perEpoch, type Schedule } from 'resnet-lab';
import { assertClose } from '../helpers/close';

const read = (name: string) => JSON.parse(readFileSync(join(__dirname, '..', 'keras', 'vectors', name), 'utf8'));
const vectors = { ...read('schedules.json'), ...read('one-cycle.json') };
const STEPS_PER_EPOCH = 4;

const ratesOf = (schedule: Schedule, steps: number) =>
  Array.from({ length: steps }, (_, step) => schedule(step, STEPS_PER_EPOCH));

describe('schedules', () => {
  it("lrSchedule is the example's", () => {
    const rates = Array.from({ length: 201 }, (_, epoch) => lrSchedule(epoch));
    assertClose(rates, vectors.lrSchedule, 1e-12);
    assert.deepEqual(ratesOf(perEpoch(lrSchedule), 9).slice(7), [1e-3, 1e-3]);
    assert.equal(perEpoch(lrSchedule)(81 * STEPS_PER_EPOCH, STEPS_PER_EPOCH), 1e-4);
    assert.equal(perEpoch(lrSchedule)(81 * STEPS_PER_EPOCH - 1, STEPS_PER_EPOCH), 1e-3);
  });

  it("cosineDecay is Keras's", () => {
    for (const { args, rates } of vectors.cosineDecay) {
      const schedule = cosineDecay({
        initialLearningRate: args.initial_learning_rate,
        decayEpochs: args.decay_steps / STEPS_PER_EPOCH,
        alpha: args.alpha,
        warmupTarget: args.warmup_target,
        warmupEpochs: args.warmup_steps === undefined ? undefined : args.warmup_steps / STEPS_PER_EPOCH,
      });
      assertClose(ratesOf(schedule, rates.length), rates, 1e-7, JSON.stringify(args)); // Keras's are in single precision
    }
  });

  it("oneCycle is PyTorch's", () => {
    for (const { args, total, rates } of vectors.oneCycle) {
      const schedule = oneCycle({
        maxLearningRate: args.max_lr,
        epochs: total / STEPS_PER_EPOCH,
        pctStart: args.pct_start,
        divFactor: args.div_factor,
        finalDivFactor: args.final_div_factor,
      });
      assertClose(ratesOf(schedule, total), rates, 1e-12, `${JSON.stringify(args)} ${total}`);
      const after = schedule(total + 5, STEPS_PER_EPOCH);
      assertClose([after], [rates.at(-1)], 1e-12, 'after the end');
    }
  });

  it('oneCycle whose rise is one step begins at the top', () => {
    const schedule = oneCycle({ maxLearningRate: 0.2, epochs: 5, pctStart: 0.1 });
    assert.equal(schedule(0, 2), 0.2);
    assert.ok(schedule(1, 2) < 0.2);
  });

  it('refuse what is out of range', () => {
    assert.throws(
      () => cosineDecay({ initialLearningRate: 0.1, decayEpochs: 0 }),
      /decayEpochs .* above 0, received 0/,
    );
    assert.throws(() => cosineDecay({ initialLearningRate: -1, decayEpochs: 1 }), /initialLearningRate .*received -1/);
    assert.throws(
      () => oneCycle({ maxLearningRate: 0.1, epochs: 5, pctStart: 1 }),
      /pctStart .*between 0 and 1, received 1/,
    );
    assert.throws(() => oneCycle({ maxLearningRate: Number.NaN, epochs: 5 }), /maxLearningRate .*received NaN/);
  });
});
