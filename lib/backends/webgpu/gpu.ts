// What this project uses of WebGPU (https://www.w3.org/TR/webgpu/), as the package `webgpu` has it.

export interface Gpu {
  requestAdapter(options: { powerPreference?: string; forceFallbackAdapter?: boolean }): Promise<Adapter | null>;
}

export interface Adapter {
  info: AdapterInfo;
  limits: Record<string, number>;
  features: ReadonlySet<string>;
  requestDevice(descriptor: { requiredFeatures: string[]; requiredLimits: Record<string, number> }): Promise<Device>;
}

export interface AdapterInfo {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  isFallbackAdapter?: boolean;
}

export interface Device {
  lost: Promise<{ reason: string; message: string }>;
  onuncapturederror: ((event: { error: { message: string }; preventDefault(): void }) => void) | null;
  limits: Record<string, number>;
  destroy(): void;
}

export interface GpuBuffer {
  size: number;
  mapState: 'unmapped' | 'pending' | 'mapped';
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}
