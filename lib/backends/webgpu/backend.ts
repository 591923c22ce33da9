import type { KernelBackend } from '@tensorflow/tfjs-core';
import { tf } from '../../tf';
import type { AdapterInfo, Device, GpuBuffer } from './gpu';
import { tickUntil } from './ticks';

const { GPUBufferUsage, GPUMapMode } = globalThis as unknown as Record<string, Record<string, number>>;

/** What this file knows of tfjs-backend-webgpu's WebGPUBackend (backend_webgpu.ts). */
export interface WebGPUBackend extends KernelBackend {
  tensorMap: { get(dataId: object): TensorData };
  bufferManager: { acquireBuffer(size: number, usage: number): GpuBuffer; releaseBuffer(buffer: GpuBuffer): void };
  commandEncoder: { copyBufferToBuffer(from: GpuBuffer, at: number, to: GpuBuffer, at2: number, size: number): void };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  convertAndCacheOnCPU(dataId: object, values: unknown): void;
}

export type WebGPUBackendClass = new (device: Device, info: AdapterInfo) => WebGPUBackend;

interface TensorData {
  values?: tf.DataValues | null;
  dtype: tf.DataType;
  resource: GpuBuffer;
  complexTensorInfos?: unknown;
}

/** TensorFlow.js's WebGPU backend, which in Node reads without waiting too, and says what became of a device. */
export function watchedBackend(
  Base: WebGPUBackendClass,
  device: Device,
  info: AdapterInfo,
  name: string,
): { backend: WebGPUBackend; isBroken(): boolean } {
  let failure: string | undefined;
  const again = 'Call useBackend again and build the model anew, from a checkpoint where there is one';
  device.lost.then(({ reason, message }) => {
    failure = `The GPU (${name}) was lost (${reason}: ${message}) and what it held is gone. ${again}.`;
    process.emitWarning(failure);
  });
  device.onuncapturederror = (event) => {
    event.preventDefault(); // Dawn would print it
    // With it the adapter drops whatever was submitted together, updates of weights among it.
    failure ??= `The GPU (${name}) refused an operation: ${event.error.message.split('\n')[0]} What it computed since then is wrong. ${again}, with a smaller batch.`;
  };

  function check(): void {
    if (failure !== undefined) throw new Error(failure);
  }

  class WatchedBackend extends Base {
    override async read(dataId: object) {
      check();
      try {
        return await super.read(dataId);
      } finally {
        check();
      }
    }

    /** TensorFlow.js's own reads by drawing, which takes a browser. */
    override readSync(dataId: object) {
      check();
      const { values, dtype, resource, complexTensorInfos } = this.tensorMap.get(dataId);
      if (values || dtype === 'string' || complexTensorInfos) return super.readSync(dataId);
      const bytes = this.download(resource);
      check();
      const read = tf.util.convertBackendValuesAndArrayBuffer(bytes as never, dtype) as tf.BackendValues;
      this.convertAndCacheOnCPU(dataId, read);
      return read;
    }

    private download(source: GpuBuffer): ArrayBuffer | undefined {
      const { size } = source;
      const staging = this.bufferManager.acquireBuffer(size, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      this.commandEncoder.copyBufferToBuffer(source, 0, staging, 0, size);
      this.submitQueue();
      staging.mapAsync(GPUMapMode.READ).catch(() => {}); // told by its state
      tickUntil(() => staging.mapState !== 'pending');
      if (staging.mapState !== 'mapped') throw new Error(failure ?? `The GPU (${name}) gave no values. ${again}.`);
      const bytes = staging.getMappedRange().slice(0);
      staging.unmap();
      this.bufferManager.releaseBuffer(staging);
      return bytes;
    }
  }
  const backend = asInBrowser(() => new WatchedBackend(device, info));
  return { backend, isBroken: () => failure !== undefined };
}

/** TensorFlow.js's constructor looks for a browser's `navigator.gpu`; whether it is there is all that it asks. */
function asInBrowser<T>(construct: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: {} }, configurable: true });
  try {
    return construct();
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  }
}
