// A few steps of a real training in a process of its own: an addon that does not fit can end a process.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const BATCH = 32;
/** The training ends after so many steps, or after the first that ends later than this, in seconds; software adapters are slow. */
const MOST_STEPS = 12;
const PATIENCE = 5;

/** Trains on `backend` and gives `{ device, threads, library, imagesPerSecond, said }`, the last from stderr; throws with what went wrong. */
export function prove(backend, env = {}) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), backend], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (status === 0) return { ...JSON.parse(stdout.trim().split('\n').at(-1)), said: stderr };
  if (signal !== null) {
    throw new Error(`its library ended the process with ${signal}: it is mostly made for another processor`);
  }
  throw new Error(stderr.trim().split('\n').at(-1) || `it ended with ${status}`);
}

async function train(backendName) {
  const { adam, resnetV1, setRandomSeed, tf, useBackend } = createRequire(import.meta.url)('resnet-lab');
  const { device, threads } = await useBackend(backendName);
  setRandomSeed(1);
  const model = resnetV1([32, 32, 3], 8);
  model.compile({ optimizer: adam(1e-3), loss: 'categoricalCrossentropy' });
  const images = tf.randomNormal([BATCH, 32, 32, 3], 0, 1, 'float32', 1);
  const labels = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: BATCH }, (_, i) => i % 10),
      'int32',
    ),
    10,
  );
  const first = await model.trainOnBatch(images, labels); // compiles
  const start = performance.now();
  let [last, steps, seconds] = [first, 0, 0];
  while (steps < MOST_STEPS && seconds < PATIENCE) {
    last = await model.trainOnBatch(images, labels);
    seconds = (performance.now() - start) / 1000;
    steps++;
  }
  if (!(last < first)) throw new Error(`training should lower the loss, it went from ${first} to ${last}`);
  return { device, threads, library: tf.backend().binding?.TF_Version, imagesPerSecond: (steps * BATCH) / seconds };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(JSON.stringify(await train(process.argv[2])));
    process.exit(0);
  } catch (error) {
    console.error(error.message.replaceAll('\n', ' '));
    process.exit(1);
  }
}
