// node bench/kernels.mjs: what the backend simd's convolutions reach on one thread, batch 32, as GFLOPS of the direct sum.
process.env.RESNET_THREADS = '1';
const { tf, useBackend } = await import('resnet-lab');
const { measurePeak } = await import('./peak.mjs');

const BATCH = 32;
const ATTEMPTS = 12;

await useBackend('simd');
const backend = tf.backend();

/** GFLOPS of the fastest of some runs; `kernel` gives a tensor, which may be computed only when its address is wanted. */
function measure(flops, kernel) {
  const times = Array.from({ length: ATTEMPTS }, () => {
    const start = performance.now();
    const result = kernel();
    backend.pointer(result);
    const time = performance.now() - start;
    result.dispose();
    return time;
  });
  return Math.round(flops / Math.min(...times) / 1e6);
}

function convolution(size, channels, filters, stride) {
  const x = tf.randomNormal([BATCH, size, size, channels]);
  const filter = tf.randomNormal([3, 3, channels, filters]);
  const attributes = { strides: stride, pad: 'same', dataFormat: 'NHWC', dilations: 1 };
  const run = (name, inputs, more) => tf.engine().runKernel(name, inputs, { ...attributes, ...more });
  const dy = run('Conv2D', { x, filter });
  const flops = 2 * 9 * channels * filters * BATCH * dy.shape[1] * dy.shape[2];
  return {
    convolution: `${size}×${size}×${channels} → ${filters}, stride ${stride}`,
    forward: measure(flops, () => run('Conv2D', { x, filter })),
    'input gradient': measure(flops, () => run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape })),
    'filter gradient': measure(flops, () => run('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape })),
  };
}

console.table([
  convolution(32, 16, 16, 1),
  convolution(16, 32, 32, 1),
  convolution(8, 64, 64, 1),
  convolution(32, 16, 32, 2),
  convolution(16, 32, 64, 2),
  convolution(32, 3, 16, 1),
]);
console.log(`Peak of one thread: ${(await measurePeak(1)).toFixed(1)} GFLOPS.`);
