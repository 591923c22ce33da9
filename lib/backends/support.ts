// What computes on which machine: environment.md prints this table, with its sources, and a test compares the two.

/** Of `tensorflow` on CUDA and `webgpu`, `no` stands before the reason. */
export interface Support {
  platform: string;
  gpu: 'none' | 'NVIDIA' | 'AMD' | 'Intel' | 'Apple';
  simd: string;
  tensorflow: string;
  cuda: string;
  webgpu: string;
}

const TESTED = 'tested';
const EXPECTED = 'expected';
const NEEDS_NVIDIA = 'no: NVIDIA only';

const linux = { platform: 'Linux x86-64', simd: TESTED, tensorflow: TESTED };
const windows = { platform: 'Windows x86-64', simd: EXPECTED, tensorflow: EXPECTED, webgpu: EXPECTED };

export const SUPPORT: readonly Support[] = [
  { ...linux, gpu: 'none', cuda: 'no: no GPU', webgpu: 'software, tested' },
  { ...linux, gpu: 'NVIDIA', cuda: EXPECTED, webgpu: EXPECTED },
  { ...linux, gpu: 'AMD', cuda: NEEDS_NVIDIA, webgpu: EXPECTED },
  { ...linux, gpu: 'Intel', cuda: NEEDS_NVIDIA, webgpu: EXPECTED },
  ...(['none', 'NVIDIA', 'AMD', 'Intel'] as const).map((gpu) => ({
    ...{ platform: 'Linux arm64', gpu, simd: EXPECTED, tensorflow: EXPECTED },
    ...{ cuda: 'no: no wheel', webgpu: gpu === 'none' ? 'no: no GPU' : EXPECTED },
  })),
  { ...windows, gpu: 'none', cuda: 'no: no GPU', webgpu: 'no: no GPU' },
  { ...windows, gpu: 'NVIDIA', cuda: 'no: use WSL 2' },
  { ...windows, gpu: 'AMD', cuda: NEEDS_NVIDIA },
  { ...windows, gpu: 'Intel', cuda: NEEDS_NVIDIA },
  {
    platform: 'WSL 2 x86-64',
    gpu: 'none',
    simd: EXPECTED,
    tensorflow: EXPECTED,
    cuda: 'no: no GPU',
    webgpu: 'no: no GPU',
  },
  {
    platform: 'WSL 2 x86-64',
    gpu: 'NVIDIA',
    simd: EXPECTED,
    tensorflow: EXPECTED,
    cuda: EXPECTED,
    webgpu: 'no: no Vulkan',
  },
  { platform: 'macOS arm64', gpu: 'Apple', simd: EXPECTED, tensorflow: EXPECTED, cuda: NEEDS_NVIDIA, webgpu: EXPECTED },
  { platform: 'macOS x86-64', gpu: 'AMD', simd: EXPECTED, tensorflow: EXPECTED, cuda: NEEDS_NVIDIA, webgpu: EXPECTED },
  {
    platform: 'macOS x86-64',
    gpu: 'Intel',
    simd: EXPECTED,
    tensorflow: EXPECTED,
    cuda: NEEDS_NVIDIA,
    webgpu: EXPECTED,
  },
];
