import '@tensorflow/tfjs-backend-wasm';
import type { NamedAttrMap, NamedTensorInfoMap } from '@tensorflow/tfjs';
import { tf } from '../tf';

/** What the kernels of a convolution's gradients are called with. */
interface Convolution {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dataFormat: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

let registered = false;

/**
 * Completes TensorFlow.js's wasm backend so that it trains: it has no kernel for a convolution's filter gradient and a
 * slow one for its input gradient. Both are convolutions themselves, which its XNNPACK kernel does fast.
 */
export function registerWasm(): void {
  if (registered) return;
  registered = true;
  tf.unregisterKernel('Conv2DBackpropInput', 'wasm');
  const backendName = 'wasm';
  tf.registerKernel({ kernelName: 'Conv2DBackpropInput', backendName, kernelFunc: inputGradient });
  tf.registerKernel({ kernelName: 'Conv2DBackpropFilter', backendName, kernelFunc: filterGradient });
}

function convolutionInfo(inputShape: number[], filterShape: number[], attrs: Convolution) {
  if (attrs.dataFormat !== undefined && attrs.dataFormat !== 'NHWC') {
    throw new RangeError(`The wasm backend's convolutions are NHWC, received ${attrs.dataFormat}.`);
  }
  const [input, filter] = [inputShape, filterShape] as [
    [number, number, number, number],
    [number, number, number, number],
  ];
  return tf.backend_util.computeConv2DInfo(input, filter, attrs.strides, 1, attrs.pad, attrs.dimRoundingMode, false);
}

/**
 * Gradient for the input: dy, with zeros between its pixels where the stride skipped some, convolved at stride 1 with
 * the filter turned by 180° and its channels exchanged.
 */
function inputGradient({ inputs, attrs }: { inputs: NamedTensorInfoMap; attrs?: NamedAttrMap }) {
  const { dy, filter } = inputs as unknown as { dy: tf.Tensor4D; filter: tf.Tensor4D };
  const { inputShape, ...convolution } = attrs as unknown as Convolution & { inputShape: number[] };
  const info = convolutionInfo(inputShape, filter.shape, convolution);
  const [top, left] = [info.filterHeight - 1 - info.padInfo.top, info.filterWidth - 1 - info.padInfo.left];
  const [height, width] = [info.inHeight + info.filterHeight - 1, info.inWidth + info.filterWidth - 1];
  return tf.tidy(() => {
    const spread = spreadPixels(dy, info.strideHeight, info.strideWidth);
    const crop = tf.slice4d(
      spread,
      [0, 0, 0, 0],
      [
        info.batchSize,
        Math.min(spread.shape[1], height - top),
        Math.min(spread.shape[2], width - left),
        info.outChannels,
      ],
    );
    const turned = tf.transpose(tf.reverse4d(filter, [0, 1]), [0, 1, 3, 2]);
    return tf.conv2d(crop, turned, 1, [
      [0, 0],
      [top, height - top - crop.shape[1]],
      [left, width - left - crop.shape[2]],
      [0, 0],
    ]);
  });
}

/** Puts strideHeight − 1 rows and strideWidth − 1 columns of zeros after every row and column. */
function spreadPixels(dy: tf.Tensor4D, strideHeight: number, strideWidth: number): tf.Tensor4D {
  const [batch, height, width, channels] = dy.shape;
  const zerosAfter = (x: tf.Tensor3D, copies: number) =>
    copies === 0 ? x : tf.concat([x, tf.zeros<tf.Rank.R3>([x.shape[0], x.shape[1], x.shape[2] * copies])], 2);
  const columns = zerosAfter(tf.reshape(dy, [batch, height * width, channels]), strideWidth - 1);
  const rows = zerosAfter(tf.reshape(columns, [batch, height, width * strideWidth * channels]), strideHeight - 1);
  return tf.reshape(rows, [batch, height * strideHeight, width * strideWidth, channels]);
}

/**
 * Gradient for the filter: the input convolved with dy, the batch as the channels that are summed over and the stride
 * as the dilation, [inChannels, height, width, batch] * [outHeight, outWidth, batch, outChannels].
 */
function filterGradient({ inputs, attrs }: { inputs: NamedTensorInfoMap; attrs?: NamedAttrMap }) {
  const { x, dy } = inputs as unknown as { x: tf.Tensor4D; dy: tf.Tensor4D };
  const { filterShape, ...convolution } = attrs as unknown as Convolution & { filterShape: number[] };
  const info = convolutionInfo(x.shape, filterShape, convolution);
  const { top, bottom, left, right } = info.padInfo;
  return tf.tidy(() => {
    const images = tf.transpose(x, [3, 1, 2, 0]);
    const kernel = tf.transpose(dy, [1, 2, 0, 3]);
    const dilation: [number, number] = [info.strideHeight, info.strideWidth];
    const padding: Convolution['pad'] = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    const products = tf.conv2d(images, kernel, 1, padding, 'NHWC', dilation);
    // Rows that the last window did not reach give products beyond the filter.
    const size: [number, number, number, number] = [
      info.inChannels,
      info.filterHeight,
      info.filterWidth,
      info.outChannels,
    ];
    return tf.transpose(tf.slice4d(products, [0, 0, 0, 0], size), [1, 2, 0, 3]);
  });
}
