/** A learning rate for each step: `step` counts from 0 through all epochs, of which each has `stepsPerEpoch`. */
export type Schedule = (step: number, stepsPerEpoch: number) => number;

/**
 * The learning rate of Keras's cifar10_resnet example (its `lr_schedule`) in the epoch that is given, counted from 0:
 * 0.001, after epoch 80 a tenth of it, after 120 a hundredth, after 160 a thousandth, after 180 half of that.
 */
export function lrSchedule(epoch: number): number {
  const factor = epoch > 180 ? 0.5e-3 : epoch > 160 ? 1e-3 : epoch > 120 ? 1e-2 : epoch > 80 ? 1e-1 : 1;
  return 1e-3 * factor;
}

/** A schedule of one rate an epoch: `perEpoch(lrSchedule)`. */
export function perEpoch(rateOf: (epoch: number) => number): Schedule {
  return (step, stepsPerEpoch) => rateOf(Math.floor(step / stepsPerEpoch));
}

export interface CosineDecayOptions {
  /** The rate of the first step. */
  initialLearningRate: number;
  /** Epochs that the decay takes, after those of the warm-up. */
  decayEpochs: number;
  /** Where the decay ends, as a fraction of where it began; 0 by default. */
  alpha?: number;
  /** Where a warm-up in equal steps leads to; without it there is none. */
  warmupTarget?: number;
  /** Epochs of the warm-up. */
  warmupEpochs?: number;
}

/**
 * Down along half a cosine (Loshchilov and Hutter 2017), after a linear warm-up (Goyal et al. 2017): Keras's
 * `CosineDecay`, with epochs for its steps.
 *
 * @throws RangeError when a rate or a length is negative or no number.
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  const { initialLearningRate, decayEpochs, alpha = 0, warmupTarget, warmupEpochs = 0 } = options;
  const top = warmupTarget ?? initialLearningRate;
  check('decayEpochs', decayEpochs, decayEpochs > 0, 'above 0');
  check('initialLearningRate', initialLearningRate, initialLearningRate >= 0, 'of at least 0');
  check('alpha', alpha, alpha >= 0, 'of at least 0');
  check('warmupTarget', top, top >= 0, 'of at least 0');
  check('warmupEpochs', warmupEpochs, warmupEpochs >= 0, 'of at least 0');
  const warmup = warmupTarget === undefined ? 0 : warmupEpochs;
  return (step, stepsPerEpoch) => {
    const epoch = step / stepsPerEpoch;
    if (epoch < warmup) return initialLearningRate + (top - initialLearningRate) * (epoch / warmup);
    const done = Math.min((epoch - warmup) / decayEpochs, 1);
    return top * ((1 - alpha) * cosine(done) + alpha);
  };
}

export interface OneCycleOptions {
  /** The highest rate. */
  maxLearningRate: number;
  /** Of the whole training. */
  epochs: number;
  /** The part of the training that the rate rises in; 0.3 by default. */
  pctStart?: number;
  /** The first rate is the highest divided by this; 25 by default. */
  divFactor?: number;
  /** The last rate is the first divided by this; 10,000 by default. */
  finalDivFactor?: number;
}

/**
 * Up along half a cosine to the highest rate and down to almost nothing (Smith and Topin 2018): PyTorch's `OneCycleLR`
 * with its names and defaults. Its last step stands for the last step of the training.
 *
 * @throws RangeError when a number is out of range.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { maxLearningRate, epochs, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  check('maxLearningRate', maxLearningRate, maxLearningRate >= 0, 'of at least 0');
  check('epochs', epochs, epochs > 0, 'above 0');
  check('pctStart', pctStart, pctStart > 0 && pctStart < 1, 'between 0 and 1');
  check('divFactor', divFactor, divFactor > 0, 'above 0');
  check('finalDivFactor', finalDivFactor, finalDivFactor > 0, 'above 0');
  const first = maxLearningRate / divFactor;
  const last = first / finalDivFactor;
  return (step, stepsPerEpoch) => {
    const total = epochs * stepsPerEpoch;
    const top = pctStart * total - 1; // PyTorch counts from 0 too
    if (step <= top && top > 0) return maxLearningRate + (first - maxLearningRate) * cosine(step / top);
    const done = Math.min((step - top) / (total - 1 - top), 1);
    return last + (maxLearningRate - last) * cosine(done);
  };
}

/** From 1 to 0 along half a cosine as `done` goes from 0 to 1. */
const cosine = (done: number) => 0.5 * (1 + Math.cos(Math.PI * done));

function check(name: string, value: number, isInRange: boolean, range: string): void {
  if (!isInRange || !Number.isFinite(value))
    throw new RangeError(`${name} should be a number ${range}, received ${value}.`);
}
