// A backend of TensorFlow.js as a peer: node tfjs.mjs BACKEND|tensorflow-stock
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { forwardFlops } from '../flops.mjs';
import { serve } from './serve.mjs';
import { vgg16 } from './vgg16.mjs';

const require = createRequire(import.meta.url);
const lab = require('resnet-lab');
const { tf } = lab;
const CLASSES = 10;
/** tfjs-node as it comes, on the very same library: no large ops for layers, TensorFlow.js's own optimiser. */
const isStock = process.argv[2] === 'tensorflow-stock';

async function useStock() {
  const at = (file) => require(`resnet-lab/dist/backends/tensorflow/${file}.js`);
  at('node-util').supplyDroppedFunctions();
  const { CPU_PACKAGE, GPU_PACKAGE, candidates } = at('packages');
  const loads = ({ load }) => {
    try {
      return load() !== undefined;
    } catch {
      return false;
    }
  };
  if (!candidates([GPU_PACKAGE, CPU_PACKAGE]).some(loads)) throw new Error('neither of the tfjs-node packages loads');
  await tf.setBackend('tensorflow');
  return { device: tf.backend().isUsingGpuDevice ? 'GPU' : 'CPU', threads: availableParallelism() };
}

await serve(async (work) => {
  const backend = isStock ? await useStock() : await lab.useBackend(process.argv[2]);
  lab.setRandomSeed(0);
  const images = tf.randomNormal([work.batch, work.size, work.size, 3], 0, 1, 'float32', 0);
  const { model, step, how } = { resnet: train, vgg16: predict }[work.model](work, images);
  const about = `TensorFlow.js ${tf.version.tfjs}, ${how}, ${backend.device}, threads: ${backend.threads}`;
  return { reply: { about, parameters: model.countParams(), flops: forwardFlops(model) }, step };
});

function train(work, images) {
  const model = lab.resnetV1([work.size, work.size, 3], work.depth, CLASSES);
  const optimizer = isStock ? tf.train.adam(1e-3) : lab.adam(1e-3);
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const labels = tf.tidy(() =>
    tf.oneHot(tf.randomUniform([work.batch], 0, CLASSES, 'int32', 1), CLASSES).cast('float32'),
  );
  const step = async () => (await model.trainOnBatch(images, labels))[0];
  return { model, step, how: isStock ? 'tf.train.adam' : 'adam of resnet-lab' };
}

function predict(work, images) {
  const model = vgg16(tf, work.size);
  const step = async () => {
    const features = model.predictOnBatch(images);
    const values = await features.data();
    features.dispose();
    return values[0];
  };
  return { model, step, how: 'predictOnBatch' };
}
