import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../../tf';
import type { SimdBackend } from '../backend';

export const BACKEND = 'simd';

/** What a kernel is called with. */
export interface Call<Inputs, Attributes> {
  inputs: Inputs;
  attrs: Attributes;
  backend: SimdBackend;
}

/** Registers a kernel, in place of tfjs-backend-cpu's if that has one. */
export function register<Inputs, Attributes = NamedAttrMap>(
  kernelName: string,
  kernel: (call: Call<Inputs, Attributes>) => TensorInfo | TensorInfo[],
): void {
  if (tf.getKernel(kernelName, BACKEND)) tf.unregisterKernel(kernelName, BACKEND);
  const kernelFunc = (call: Call<Inputs, Attributes>) => call.backend.undoingOnError(() => kernel(call));
  tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc: kernelFunc as never });
}

/** Runs tfjs-backend-cpu's kernel of that name, which reads and makes tensors through this backend like any other. */
export function runCpuKernel(
  kernelName: string,
  { inputs, attrs, backend }: { inputs: unknown; attrs?: unknown; backend: SimdBackend },
): TensorInfo {
  const kernel = tf.getKernel(kernelName, 'cpu');
  return kernel.kernelFunc({
    inputs: inputs as NamedTensorInfoMap,
    attrs: attrs as NamedAttrMap,
    backend,
  }) as TensorInfo;
}
