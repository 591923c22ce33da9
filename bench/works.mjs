// What is measured.

/** A training step computes each layer, the gradient of its input and that of its weights. */
const training = { model: 'resnet', depth: 20, size: 32, passes: 3 };
const features = { model: 'vgg16', passes: 1 };

/** Each `measure` is a number that should be small: seconds a step, bytes, seconds from a process's start. */
export const WORKS = {
  train128: { title: 'ResNet-20 training, batch 128', measure: 'step', ...training, batch: 128 },
  train32: { title: 'ResNet-20 training, batch 32', measure: 'step', ...training, batch: 32 },
  vgg32: { title: 'VGG16 features, 32×32, batch 128', measure: 'step', ...features, size: 32, batch: 128 },
  vgg224: { title: 'VGG16 features, 224×224, batch 8', measure: 'step', ...features, size: 224, batch: 8 },
  memory: { title: 'Peak memory, training at batch 128', measure: 'memory', ...training, batch: 128 },
  start: { title: 'Start to first training step, batch 128', measure: 'start', ...training, batch: 128 },
};

/** How time grows: with the depth and the batch, for these values of each. */
export const DEPTHS = [20, 32, 44, 56, 110];
export const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
export const resnetTraining = (depth, batch) => ({ measure: 'step', ...training, depth, batch });
