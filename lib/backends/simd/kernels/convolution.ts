import { type backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { tf } from '../../../tf';
import { type SimdBackend, ZEROS } from '../backend';
import type { Block } from '../memory';
import { BACKEND, register, runCpuKernel } from './register';
import {
  type Condition,
  winogradConvolve,
  winogradFilterGradient,
  winogradFits,
  winogradInputGradient,
} from './winograd';

type Info = backend_util.Conv2DInfo;

interface Attributes {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface FusedAttributes extends Attributes {
  activation?: string;
  leakyreluAlpha?: number;
}

/** TensorFlow.js's names of the activations that a kernel of their own applies afterwards. */
const ACTIVATIONS: Record<string, string> = {
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
};

export function registerConvolutions(): void {
  register<{ x: TensorInfo; filter: TensorInfo }, Attributes>('Conv2D', (call) => {
    const { inputs, attrs, backend } = call;
    const info = convolutionInfo(inputs.x.shape, inputs.filter.shape, attrs);
    if (!isSupported(info, inputs.x, inputs.filter) || !isRegular(info)) return runCpuKernel('Conv2D', call);
    return convolve(backend, inputs.x, inputs.filter, info);
  });
  register<
    { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo },
    FusedAttributes
  >('FusedConv2D', (call) => {
    const { inputs, attrs, backend } = call;
    const { x, filter, bias, preluActivationWeights } = inputs;
    const { activation = 'linear' } = attrs;
    const info = convolutionInfo(x.shape, filter.shape, attrs);
    const isVector = bias === undefined || bias === null || (bias.shape.length === 1 && bias.dtype === 'float32');
    const fits = !bias || util.sizeFromShape(bias.shape) === info.outChannels;
    if (!isSupported(info, x, filter) || !isRegular(info) || !isVector || !fits)
      return runCpuKernel('FusedConv2D', call);
    const result = convolve(backend, x, filter, info, bias, activation === 'relu');
    const kernel = ACTIVATIONS[activation];
    if (kernel === undefined) return result;
    const activated = tf.getKernel(kernel, BACKEND).kernelFunc({
      inputs: { x: result, alpha: preluActivationWeights as TensorInfo },
      attrs: { alpha: attrs.leakyreluAlpha as number },
      backend,
    }) as TensorInfo;
    backend.disposeIntermediateTensorInfo(result);
    return activated;
  });
  register<{ x: TensorInfo; filter: TensorInfo; bias: TensorInfo }, Attributes>('Conv2DWithBias', (call) => {
    return tf.getKernel('FusedConv2D', BACKEND).kernelFunc(call as never) as TensorInfo;
  });
  register<{ dy: TensorInfo; filter: TensorInfo }, Attributes & { inputShape: number[] }>(
    'Conv2DBackpropInput',
    (call) => {
      const { inputs, attrs, backend } = call;
      const info = convolutionInfo(attrs.inputShape, inputs.filter.shape, { ...attrs, dilations: 1 });
      if (!isSupported(info, inputs.dy, inputs.filter) || !isRegular(info, inputs.dy)) {
        return runCpuKernel('Conv2DBackpropInput', call);
      }
      const [dy, filter] = backend.share(inputs.dy, inputs.filter);
      // Computed when read: nobody reads the gradient for a model's input.
      return backend.outputLater(info.inShape, {
        blocks: [dy, filter],
        compute: (out) => inputGradient(backend, dy.pointer, filter, info, out),
      });
    },
  );
  register<{ x: TensorInfo; dy: TensorInfo }, Attributes & { filterShape: number[] }>(
    'Conv2DBackpropFilter',
    (call) => {
      const { inputs, attrs, backend } = call;
      const info = convolutionInfo(inputs.x.shape, attrs.filterShape, { ...attrs, dilations: 1 });
      if (!isSupported(info, inputs.x, inputs.dy) || !isRegular(info, inputs.dy)) {
        return runCpuKernel('Conv2DBackpropFilter', call);
      }
      return filterGradient(backend, inputs.x, inputs.dy, info);
    },
  );
}

function convolutionInfo(inputShape: number[], filterShape: number[], attrs: Attributes): Info {
  const { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode } = attrs;
  return tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    tf.backend_util.convertConv2DDataFormat(dataFormat),
  );
}

/** TensorFlow.js computes fractions of pixels for some paddings, and takes gradients of a shape that doesn't fit. */
function isRegular(info: Info, dy?: TensorInfo): boolean {
  return info.outShape.every(Number.isInteger) && (!dy || util.arraysEqual(dy.shape, info.outShape));
}

function isSupported(info: Info, ...operands: TensorInfo[]): boolean {
  const isEmpty = util.sizeFromShape(info.outShape) === 0 || util.sizeFromShape(info.inShape) === 0;
  return (
    info.dataFormat === 'channelsLast' &&
    !isEmpty &&
    Math.max(info.inChannels, info.outChannels) <= ZEROS &&
    operands.every(({ dtype }) => dtype === 'float32')
  );
}

function convolve(
  backend: SimdBackend,
  x: TensorInfo,
  filter: TensorInfo,
  info: Info,
  bias?: TensorInfo,
  relu = false,
): TensorInfo {
  const operands = { x: backend.pointer(x), filter: backend.block(filter), bias: bias ? backend.pointer(bias) : 0 };
  const out = backend.output(info.outShape);
  const direct = (condition?: Condition) =>
    runDirect(backend, 'convolve', operands, info, relu, out.pointer, condition);
  if (winogradFits(info)) winogradConvolve(backend, operands, info, relu, out.pointer, direct);
  else direct();
  return out;
}

function inputGradient(backend: SimdBackend, dy: number, filter: Block, info: Info, out: number): void {
  const operands = { x: dy, filter, bias: 0 };
  const direct = (condition?: Condition) =>
    runDirect(backend, 'convolveInputGradient', operands, info, false, out, condition);
  if (winogradFits(info)) winogradInputGradient(backend, dy, filter, info, out, direct);
  else direct();
}

/**
 * Runs one of the two kernels of assembly/convolution.ts that take the same arguments. A result that is not finite may
 * come of an infinite weight times a zero beyond the border: then, on that condition, once more and exactly.
 */
function runDirect(
  backend: SimdBackend,
  kernel: 'convolve' | 'convolveInputGradient',
  operands: { x: number; filter: Block; bias: number },
  info: Info,
  relu: boolean,
  out: number,
  condition?: Condition,
): void {
  const { batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth } = info;
  const { outHeight, outWidth, outChannels, padInfo } = info;
  const isForward = kernel === 'convolve';
  const operations = batchSize * outHeight * outWidth * filterHeight * filterWidth * inChannels * outChannels;
  const most = isForward ? (batchSize * outHeight * outWidth) / 16 : (batchSize * inHeight) / 2;
  const shares = backend.shares(operations, most, 4);
  const scratchBytes = blockScratch(info);
  withPackedFilter(backend, operands.filter, info, !isForward, condition, (packed) =>
    backend.scratch(scratchBytes * shares, (scratch) =>
      backend.scratch(shares * 4, (flags) => {
        const run = ({ flags: conditional, count }: Condition) =>
          backend.pool.run(kernel, shares, [
            operands.x,
            packed,
            out,
            operands.bias,
            batchSize,
            inHeight,
            inWidth,
            inChannels,
            filterHeight,
            filterWidth,
            info.strideHeight,
            info.strideWidth,
            info.dilationHeight,
            info.dilationWidth,
            padInfo.top,
            padInfo.left,
            outHeight,
            outWidth,
            outChannels,
            relu ? 1 : 0,
            backend.zeros,
            scratch,
            scratchBytes,
            flags,
            conditional,
            count,
          ]);
        if (!condition) run(ALWAYS);
        run(condition ?? { flags, count: shares });
      }),
    ),
  );
}

/** A job's condition that is no condition. */
const ALWAYS: Condition = { flags: 0, count: 0 };

function filterGradient(backend: SimdBackend, x: TensorInfo, dy: TensorInfo, info: Info): TensorInfo {
  const operands = { x: backend.pointer(x), dy: backend.pointer(dy) };
  const out = backend.output(info.filterShape);
  const direct = (condition = ALWAYS) => runDirectFilterGradient(backend, operands, info, out.pointer, condition);
  if (winogradFits(info)) winogradFilterGradient(backend, operands, info, out.pointer, direct);
  else direct();
  return out;
}

function runDirectFilterGradient(
  backend: SimdBackend,
  operands: { x: number; dy: number },
  info: Info,
  out: number,
  { flags, count }: Condition,
): void {
  const { inChannels, outChannels, filterHeight, filterWidth, padInfo } = info;
  const taps = filterHeight * filterWidth;
  const rows = info.batchSize * info.outHeight;
  const sumBytes = taps * Math.ceil(inChannels / 4) * 4 * Math.ceil(outChannels / 8) * 8 * 4;
  const shares = backend.shares(rows * info.outWidth * taps * inChannels * outChannels, rows);
  backend.scratch(sumBytes * shares, (sums) => {
    backend.pool.run('convolveFilterGradient', shares, [
      operands.x,
      operands.dy,
      sums,
      sumBytes,
      info.batchSize,
      info.inHeight,
      info.inWidth,
      inChannels,
      filterHeight,
      filterWidth,
      info.strideHeight,
      info.strideWidth,
      padInfo.top,
      padInfo.left,
      info.outHeight,
      info.outWidth,
      outChannels,
      flags,
      count,
    ]);
    backend.pool.run('convolveFilterGradientFinish', backend.shares(taps * inChannels * outChannels * shares, taps), [
      sums,
      sumBytes,
      shares,
      out,
      taps,
      inChannels,
      outChannels,
      flags,
      count,
    ]);
  });
}

/** Results and the listed taps of a block of groups, as in assembly/convolution.ts. */
function blockScratch({ filterHeight, filterWidth }: Info): number {
  return Math.ceil((192 + 8 * filterHeight * filterWidth * 20) / 64) * 64;
}

function withPackedFilter(
  backend: SimdBackend,
  filter: Block,
  info: Info,
  transposed: boolean,
  condition: Condition | undefined,
  use: (packed: number) => void,
): void {
  const taps = info.filterHeight * info.filterWidth;
  const outputs = transposed ? info.inChannels : info.outChannels;
  const floats = Math.ceil(outputs / 8) * 8 * taps * (transposed ? info.outChannels : info.inChannels);
  const { flags, count } = condition ?? ALWAYS;
  const pack = (packed: number) =>
    backend.pool.run('packFilter', backend.shares(floats, floats / 8), [
      filter.pointer,
      packed,
      taps,
      info.inChannels,
      info.outChannels,
      transposed ? 1 : 0,
      flags,
      count,
    ]);
  const name = `packed ${transposed ? 'transposed ' : ''}${taps} ${info.inChannels} ${info.outChannels}`;
  if (!condition) backend.derived(filter, name, floats * 4, pack, use);
  else {
    backend.scratch(floats * 4, (packed) => {
      pack(packed);
      use(packed);
    });
  }
}
