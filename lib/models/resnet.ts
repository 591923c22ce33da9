import type { ActivationIdentifier } from '@tensorflow/tfjs-layers/dist/keras_format/activation_config';
import { checkCount } from '../checks';
import { tf } from '../tf';
import { heNormal } from './initializer';

export interface ResnetLayerOptions {
  /** Number of filters of the convolution. */
  numFilters?: number;
  /** Side of the square filters. */
  kernelSize?: number;
  /** Stride in both directions. */
  strides?: number;
  /** Name of the activation; null leaves it out. */
  activation?: ActivationIdentifier | null;
  /** Whether the layer normalises. */
  batchNormalization?: boolean;
  /** Convolution → normalisation → activation when true; normalisation → activation → convolution when false. */
  convFirst?: boolean;
}

/** Weight of the L2 penalty on every convolution's kernel. */
const L2 = 1e-4;
/** Filters of the first stage; each later stage has twice as many as the one before. */
const FIRST_FILTERS = 16;
const STAGES = 3;
const POOL = 8;

/**
 * Convolution, batch normalisation and activation as one step of a residual network: `resnet_layer` of Keras's
 * cifar10_resnet example (same padding, He initialisation, bias, L2 penalty 1e-4 on the kernel).
 *
 * @param inputs feature maps, [batch, height, width, channels].
 * @returns feature maps, [batch, ⌈height / strides⌉, ⌈width / strides⌉, numFilters].
 * @throws RangeError when a number is not a whole number of at least 1.
 */
export function resnetLayer(inputs: tf.SymbolicTensor, options: ResnetLayerOptions = {}): tf.SymbolicTensor {
  const {
    numFilters = FIRST_FILTERS,
    kernelSize = 3,
    strides = 1,
    activation = 'relu',
    batchNormalization = true,
    convFirst = true,
  } = options;
  for (const [name, value] of Object.entries({ numFilters, kernelSize, strides })) checkCount(name, value);

  const convolve = (x: tf.SymbolicTensor) =>
    tf.layers
      .conv2d({
        filters: numFilters,
        kernelSize,
        strides,
        padding: 'same',
        kernelInitializer: heNormal(),
        kernelRegularizer: tf.regularizers.l2({ l2: L2 }),
      })
      .apply(x) as tf.SymbolicTensor;
  const normalizeAndActivate = (x: tf.SymbolicTensor) => {
    const normalized = batchNormalization ? (tf.layers.batchNormalization().apply(x) as tf.SymbolicTensor) : x;
    return activation === null ? normalized : activate(normalized, activation);
  };
  return convFirst ? normalizeAndActivate(convolve(inputs)) : convolve(normalizeAndActivate(inputs));
}

/**
 * ResNet version 1 for small images (He et al. 2016, section 4.2): `resnet_v1` of Keras's cifar10_resnet example.
 * One layer, then three stages of n residual blocks with 16, 32 and 64 filters, where depth = 6n + 2. The later stages
 * start with stride 2 and a 1×1 projection shortcut; then average pooling over 8×8, which is the whole map for images of
 * 32×32, and a softmax.
 *
 * About 0.27, 0.46, 0.66, 0.85 and 1.7 million parameters for depth 20, 32, 44, 56 and 110 with 10 classes.
 *
 * @param inputShape [height, width, channels], height and width at least 29 so that the last stage is 8×8 or larger.
 * @param depth number of layers with weights along the main path, 6n + 2: 8, 14, 20, …
 * @returns a model from [batch, ...inputShape] to class probabilities, [batch, numClasses]; not compiled.
 * @throws RangeError when the depth is not 6n + 2, or a shape or number can't be built.
 */
export function resnetV1(inputShape: [number, number, number], depth: number, numClasses = 10): tf.LayersModel {
  if (!Number.isInteger(depth) || (depth - 2) % 6 !== 0 || depth < 8) {
    throw new RangeError(`The depth should be 6n+2 (e.g. 20, 32, 44), received ${depth}.`);
  }
  checkInputShape(inputShape);
  checkCount('numClasses', numClasses);

  const blocks = (depth - 2) / 6;
  const inputs = tf.input({ shape: inputShape });
  let x = resnetLayer(inputs);
  for (let stage = 0; stage < STAGES; stage++) {
    const numFilters = FIRST_FILTERS * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      x = residualBlock(x, numFilters, stage > 0 && block === 0);
    }
  }
  const pooled = tf.layers.averagePooling2d({ poolSize: POOL }).apply(x);
  const features = tf.layers.flatten().apply(pooled);
  const classes = tf.layers.dense({ units: numClasses, activation: 'softmax', kernelInitializer: heNormal() });
  return tf.model({ inputs, outputs: classes.apply(features) as tf.SymbolicTensor });
}

/** Two layers and a shortcut around them; `downsample` halves the feature map and projects the shortcut to fit. */
function residualBlock(inputs: tf.SymbolicTensor, numFilters: number, downsample: boolean): tf.SymbolicTensor {
  const strides = downsample ? 2 : 1;
  const first = resnetLayer(inputs, { numFilters, strides });
  const residual = resnetLayer(first, { numFilters, activation: null });
  const shortcut = downsample
    ? resnetLayer(inputs, { numFilters, kernelSize: 1, strides, activation: null, batchNormalization: false })
    : inputs;
  return activate(tf.layers.add().apply([shortcut, residual]) as tf.SymbolicTensor, 'relu');
}

function activate(x: tf.SymbolicTensor, activation: ActivationIdentifier): tf.SymbolicTensor {
  return tf.layers.activation({ activation }).apply(x) as tf.SymbolicTensor;
}

function checkInputShape(shape: number[]): void {
  const smallest = 4 * (POOL - 1) + 1; // two strides of 2, each rounding up
  if (shape?.length !== 3 || !shape.every((length) => Number.isInteger(length) && length >= 1)) {
    throw new RangeError(`inputShape should be [height, width, channels] in whole numbers, received [${shape}].`);
  }
  if (shape[0] < smallest || shape[1] < smallest) {
    throw new RangeError(`inputShape should have a height and width of at least ${smallest}, received [${shape}].`);
  }
}
