import {
  type Augmentation,
  adam,
  type FitOptions,
  KERAS_AUGMENTATION,
  lrSchedule,
  oneCycle,
  perEpoch,
  type Schedule,
  sgd,
  type tf,
} from 'resnet-lab';

/** How a ResNet is trained; what the model itself brings, its L2 penalty and its initial weights, is not in it. */
export interface Recipe {
  epochs: number;
  batchSize: number;
  /** The highest learning rate. */
  rate: number;
  optimizer: (rate: number) => tf.Optimizer;
  /** None: the rate stays as it is. */
  schedule?: (rate: number, epochs: number) => Schedule;
  /** None: the images stay as they are. */
  augmentation?: Augmentation;
}

/** Part of the training in which the rate of `fast` rises. */
const WARM_UP = 0.2;
/** The crops of the ResNet paper (He et al. 2016, section 4.2), up to 4 of 32 pixels; here the edge goes on beyond itself. */
const CROPS: Augmentation = {
  widthShiftRange: 0.125,
  heightShiftRange: 0.125,
  horizontalFlip: true,
  wholePixels: true,
};

/**
 * `fast` is SGD with one cycle (Smith and Topin 2018); data/pretrained/README.md has what each ingredient is worth. `keras` is
 * Keras's cifar10_resnet example; its ReduceLROnPlateau is left out, since the example's schedule sets the rate anew
 * before every epoch. `plain` is what Keras's optimiser does unless told otherwise.
 */
export const RECIPES = {
  plain: { epochs: 1, batchSize: 32, rate: 1e-3, optimizer: adam, augmentation: KERAS_AUGMENTATION },
  fast: {
    epochs: 45,
    batchSize: 128,
    rate: 0.2,
    optimizer: (rate) => sgd(rate, { momentum: 0.9, nesterov: true }),
    schedule: (rate, epochs) => oneCycle({ maxLearningRate: rate, epochs, pctStart: WARM_UP }),
    augmentation: CROPS,
  },
  keras: {
    epochs: 200,
    batchSize: 32,
    rate: 1e-3,
    optimizer: adam,
    schedule: (rate) => perEpoch((epoch) => (rate / lrSchedule(0)) * lrSchedule(epoch)),
    augmentation: KERAS_AUGMENTATION,
  },
} satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;

/** What `fit` takes of a recipe. */
export function fitOptions(recipe: Recipe, epochs = recipe.epochs): FitOptions {
  const { batchSize, rate, optimizer, schedule, augmentation } = recipe;
  return {
    ...{ epochs, batchSize },
    optimizer: optimizer(rate),
    schedule: schedule?.(rate, epochs),
    augment: augmentation ?? false,
  };
}
