import { type backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { tf } from '../../../tf';
import type { SimdBackend } from '../backend';
import { register, runCpuKernel } from './register';

type Info = backend_util.Conv2DInfo;

interface Attributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export function registerPooling(): void {
  for (const [name, maximum] of [
    ['MaxPool', true],
    ['AvgPool', false],
  ] as const) {
    register<{ x: TensorInfo }, Attributes>(name, (call) => {
      const { inputs, attrs, backend } = call;
      const info = poolInfo(inputs.x.shape, attrs);
      const isIdentity = info.filterHeight * info.filterWidth === 1 && util.arraysEqual(info.inShape, info.outShape);
      if (isIdentity || !isSupported(info, inputs.x)) return runCpuKernel(name, call);
      const pointer = backend.pointer(inputs.x);
      const out = backend.output(info.outShape);
      const rows = info.batchSize * info.outHeight;
      const shares = backend.shares(util.sizeFromShape(info.inShape), rows, 2);
      backend.pool.run('pool', shares, [pointer, out.pointer, ...poolArguments(info), maximum ? 1 : 0, 0]);
      return out;
    });
  }
  register<{ dy: TensorInfo; input: TensorInfo }, Attributes>('MaxPoolGrad', (call) => {
    const { dy, input } = call.inputs;
    const info = poolInfo(input.shape, call.attrs);
    if (!isSupported(info, dy, input) || !util.arraysEqual(dy.shape, info.outShape))
      return runCpuKernel('MaxPoolGrad', call);
    return gradient(call.backend, dy, info, input);
  });
  register<{ dy: TensorInfo; input: TensorInfo }, Attributes>('AvgPoolGrad', (call) => {
    const { dy, input } = call.inputs;
    const info = poolInfo(input.shape, call.attrs);
    if (!isSupported(info, dy) || !util.arraysEqual(dy.shape, info.outShape)) return runCpuKernel('AvgPoolGrad', call);
    return gradient(call.backend, dy, info);
  });
}

/** The gradient for the pooled images; those are needed for the maximum's only. */
function gradient(backend: SimdBackend, dy: TensorInfo, info: Info, images?: TensorInfo): TensorInfo {
  const pointers = { dy: backend.pointer(dy), images: images ? backend.pointer(images) : 0 };
  const dx = backend.output(info.inShape);
  const shares = backend.shares(util.sizeFromShape(info.inShape), info.batchSize, 2);
  backend.pool.run('poolGradient', shares, [
    dx.pointer,
    pointers.dy,
    ...poolArguments(info),
    images ? 1 : 0,
    pointers.images,
  ]);
  return dx;
}

function poolInfo(shape: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes): Info {
  const inShape = shape as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(inShape, filterSize, strides, 1, pad, dimRoundingMode);
}

function poolArguments(info: Info): number[] {
  const { padInfo } = info;
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    padInfo.top,
    padInfo.left,
    info.outHeight,
    info.outWidth,
  ];
}

/** TensorFlow.js computes fractions of pixels for some paddings, which are left to it. */
function isSupported(info: Info, ...tensors: TensorInfo[]): boolean {
  return (
    info.outShape.every(Number.isInteger) &&
    util.sizeFromShape(info.inShape) > 0 &&
    util.sizeFromShape(info.outShape) > 0 &&
    tensors.every(({ dtype }) => dtype === 'float32')
  );
}
