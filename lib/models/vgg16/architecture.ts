import { checkCount } from '../../checks';
import { nextSeed } from '../../random';
import { tf } from '../../tf';

/** Height, width, channels; null for any height or width. */
export type ImageShape = [number | null, number | null, number];

export interface Vgg16Architecture {
  /** With the dense layers fc1, fc2 and predictions; false by default. */
  includeTop?: boolean;
  /** [height, width, channels]; by default [224, 224, 3] with the top, and images of any size without. */
  inputShape?: ImageShape;
  /** Number of classes, with the top; 1000 by default. */
  classes?: number;
}

/** Filters of the convolutions of each block (Simonyan and Zisserman 2015, table 1, column D). */
const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];
const FULLY_CONNECTED = 4096;
const SIDE = 224;
const SMALLEST_SIDE = 32;
const IMAGENET_CLASSES = 1000;

/**
 * The layers of VGG16 as in Keras's applications/vgg16.py: five blocks of 3×3 convolutions with pooling behind each,
 * block1_conv1 to block5_pool, and with the top flatten, fc1, fc2 and predictions.
 *
 * @param isLoaded weights follow: none are drawn, which for the top would take longer than reading them.
 */
export function buildVgg16(architecture: Vgg16Architecture, isLoaded: boolean): tf.LayersModel {
  const { includeTop = false, inputShape, classes = IMAGENET_CLASSES } = architecture;
  const drawn = () => tf.initializers.glorotUniform({ seed: nextSeed() });
  const common = () => ({ kernelInitializer: isLoaded ? tf.initializers.zeros() : drawn() });
  const inputs = tf.input({ shape: inputShape ?? (includeTop ? [SIDE, SIDE, 3] : [null, null, 3]) });

  const layers: tf.layers.Layer[] = BLOCKS.flatMap((convolutions, b) => [
    ...convolutions.map((filters, c) => {
      const name = `block${b + 1}_conv${c + 1}`;
      return tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', name, ...common() });
    }),
    tf.layers.maxPooling2d({ poolSize: 2, strides: 2, name: `block${b + 1}_pool` }),
  ]);
  if (includeTop) {
    layers.push(
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dense({ units: FULLY_CONNECTED, activation: 'relu', name: 'fc1', ...common() }),
      tf.layers.dense({ units: FULLY_CONNECTED, activation: 'relu', name: 'fc2', ...common() }),
      tf.layers.dense({ units: classes, activation: 'softmax', name: 'predictions', ...common() }),
    );
  }
  const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, inputs);
  if (isLoaded) for (const layer of layers) if ('kernelInitializer' in layer) layer.kernelInitializer = drawn(); // for copies
  return tf.model({ inputs, outputs, name: 'vgg16' });
}

/** Throws unless Keras would build the network with these weights (imagenet_utils.py, `obtain_input_shape`). */
export function checkVgg16(architecture: Vgg16Architecture, isImagenet: boolean): void {
  const { includeTop = false, inputShape, classes = IMAGENET_CLASSES } = architecture;
  checkCount('classes', classes);
  if (isImagenet && includeTop && classes !== IMAGENET_CLASSES) {
    throw new RangeError(
      `With the weights 'imagenet' and includeTop, classes should be ${IMAGENET_CLASSES}, received ${classes}.`,
    );
  }
  if (inputShape === undefined) return;
  const received = JSON.stringify(inputShape);
  checkShape(inputShape, received);
  if (isImagenet && includeTop && inputShape.join() !== [SIDE, SIDE, 3].join()) {
    throw new RangeError(
      `With the weights 'imagenet' and includeTop, inputShape should be [${SIDE},${SIDE},3], received ${received}.`,
    );
  }
  const [height, width, channels] = inputShape;
  if (isImagenet && channels !== 3) {
    throw new RangeError(`The weights 'imagenet' are for images of 3 channels, received the inputShape ${received}.`);
  }
  if (includeTop && (height === null || width === null)) {
    throw new RangeError(`With includeTop, inputShape should have a fixed height and width, received ${received}.`);
  }
  if (Math.min(height ?? SIDE, width ?? SIDE) < SMALLEST_SIDE) {
    throw new RangeError(
      `inputShape should have a height and width of at least ${SMALLEST_SIDE}, received ${received}.`,
    );
  }
}

function checkShape(shape: ImageShape, received: string): void {
  const isCount = (length: unknown) => Number.isInteger(length) && (length as number) >= 1;
  const isShape = Array.isArray(shape) && shape.length === 3 && isCount(shape[2]);
  if (!isShape || !shape.every((length) => length === null || isCount(length))) {
    throw new RangeError(
      `inputShape should be [height, width, channels] in whole numbers, with null for any height or width, received ${received}.`,
    );
  }
}
