import type { DataId, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../tf';

export const BACKEND = 'tensorflow';

/** An attribute of an op of TensorFlow. */
export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** A tensor of TensorFlow's, by the number that the binding knows it by. */
export interface Handle {
  id: number;
  shape: number[];
  dtype: number;
}

/** What this project knows of tfjs-node's backend (nodejs_kernel_backend.ts, tfjs_binding.ts). */
export interface TensorflowBackend {
  isUsingGpuDevice: boolean;
  binding: Record<string, number> & {
    executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): Handle[];
    createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array): number;
    deleteTensor(id: number): void;
  };
  tensorMap: { get(dataId: DataId): { id: number; values: unknown; refCount: number } };
  getInputTensorIds(tensors: TensorInfo[]): number[];
  executeSingleOutput(name: string, attributes: Attribute[], inputs: TensorInfo[]): Tensor;
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: TensorInfo[], outputs: number): Tensor[];
}

export const tensorflow = () => tf.backend() as unknown as TensorflowBackend;

const attribute = (kind: string, name: string, value: unknown): Attribute => ({
  name,
  type: tensorflow().binding[kind],
  value,
});

/** Attributes by their kinds; `type` is that of the floats that all ops here compute with, unless another is given. */
export const attributes = {
  type: (name = 'T', dtype = 'TF_FLOAT') => attribute('TF_ATTR_TYPE', name, tensorflow().binding[dtype]),
  number: (name: string, value: number) => attribute('TF_ATTR_FLOAT', name, value),
  integer: (name: string, value: number | number[]) => attribute('TF_ATTR_INT', name, value),
  text: (name: string, value: string) => attribute('TF_ATTR_STRING', name, value),
  flag: (name: string, value: boolean) => attribute('TF_ATTR_BOOL', name, value),
  shape: (name: string, value: number[]) => attribute('TF_ATTR_SHAPE', name, value),
};
