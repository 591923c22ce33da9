import { reason } from '../../errors';
import type { Adapter, AdapterInfo, Device, Gpu } from './gpu';

/** The setting RESNET_GPU is a part of an adapter's name, or the wish for one that is software; `none` is for `auto` alone. */
const SOFTWARE = 'software';
const NONE = 'none';
/** Adapters that compute on the processor, by what they call themselves. */
const SOFTWARE_NAMES = /swiftshader|llvmpipe|lavapipe|\bwarp\b|basic render/i;
/** What TensorFlow.js's kernels use beyond WebGPU's defaults (tfjs-backend-webgpu, base.ts). */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];
const FEATURES = ['timestamp-query', 'bgra8unorm-storage'];

/** Dawn itself: it ends, under whoever still computes, when nobody holds it any more. */
let dawn: Gpu;

/**
 * The adapter that RESNET_GPU names, else the fastest.
 *
 * @param create of the package `webgpu`.
 * @throws Error when there is none, or only one that is software and nobody asked for it.
 */
export async function chooseAdapter(create: (options: string[]) => Gpu): Promise<Adapter> {
  const wanted = process.env.RESNET_GPU;
  const isSoftwareWanted = wanted === SOFTWARE;
  const name = isSoftwareWanted || wanted === NONE ? undefined : wanted || undefined;
  let adapter: Adapter | null;
  try {
    dawn = create(name === undefined ? [] : [`adapter=${name}`]);
    adapter = await dawn.requestAdapter({
      powerPreference: 'high-performance',
      forceFallbackAdapter: isSoftwareWanted,
    });
  } catch (error) {
    if (name === undefined) throw error;
    const fix = 'It should be a part of one of those names, or software';
    throw new Error(`RESNET_GPU is '${wanted}', and the system has no such GPU: ${oneLine(reason(error))}. ${fix}.`);
  }
  if (adapter === null)
    throw new Error(`WebGPU finds no ${isSoftwareWanted ? 'software adapter' : 'GPU'}: ${drivers()}`);
  if (isSoftware(adapter.info) && !isSoftwareWanted) {
    throw new Error(
      `WebGPU finds no GPU, only ${adapter.info.description}, which computes on the processor, far more slowly than 'simd': ${drivers()} To test with it all the same: RESNET_GPU=${SOFTWARE}.`,
    );
  }
  return adapter;
}

export async function requestDevice(adapter: Adapter): Promise<Device> {
  return adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
}

function isSoftware({ isFallbackAdapter, ...info }: AdapterInfo): boolean {
  return isFallbackAdapter === true || SOFTWARE_NAMES.test(`${info.architecture} ${info.device} ${info.description}`);
}

/** The adapter's name and the largest tensor that it takes. */
export function describeAdapter({ info, limits }: Adapter): string {
  const { vendor, architecture, device, description } = info;
  const name = [device, description, `${vendor} ${architecture}`].find((text) => text?.trim()) ?? 'unknown';
  const largest = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize) / 2 ** 20;
  return `${name.trim()}, WebGPU, tensors up to ${largest.toFixed(0)} MiB`;
}

/** What WebGPU needs of the system. */
function drivers(): string {
  switch (process.platform) {
    case 'linux':
      return 'it needs Vulkan, the loader (Debian and Ubuntu: apt install libvulkan1) and the driver of the GPU (AMD and Intel: mesa-vulkan-drivers; NVIDIA: its own); `vulkaninfo --summary` should list the GPU.';
    case 'darwin':
      return 'it needs Metal, which every Mac since 2012 with macOS 12 or later has.';
    default:
      return "it needs Direct3D 12 and a current driver of the GPU's maker.";
  }
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, ' ');
