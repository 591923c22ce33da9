// npm run setup:tensorflow, npm run setup:gpu [-- --undo]: TensorFlow's C library for the backend 'tensorflow', in the folder
// .tensorflow and nowhere else. Takes the addon that tfjs-node publishes where it works, and builds its binding elsewhere.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installOptional, optionalFolder, removeOptional, replaceOptional } from '../optional.mjs';
import { prove } from '../prove.mjs';
import { command, setup } from '../setup.mjs';
import { buildBinding, checkWheel, fetchWheel } from './build.mjs';
import { checkDriver } from './driver.mjs';
import { findCompiler } from './programs.mjs';
import { fetchPublished, removePublished, whyNotPublished } from './published.mjs';

const PACKAGES = { cpu: '@tensorflow/tfjs-node', gpu: '@tensorflow/tfjs-node-gpu' };
const USAGE = 'npm run setup:tensorflow (processor) or npm run setup:gpu (CUDA), with -- --undo to take it away again';

/** Throws unless the addon trains on the kind of device that it is for. */
function tryOut(kind, folder) {
  writeFileSync(join(folder, 'use.json'), JSON.stringify({ package: PACKAGES[kind] })); // what useBackend looks for
  // TensorFlow's warnings tell which library of CUDA it missed.
  const proof = prove('tensorflow', { TF_CPP_MIN_LOG_LEVEL: kind === 'gpu' ? '1' : '2' });
  if (kind === 'cpu' || proof.device.startsWith('GPU')) return proof;
  const complaints = proof.said.split('\n').filter((line) => /^[WE]\d{4} /.test(line));
  throw new Error(
    `it trains, but on ${proof.device}, not on the GPU. TensorFlow says: ${complaints.join('\n') || 'nothing'}`,
  );
}

function installPublished(kind, folder) {
  const reason = whyNotPublished(kind);
  if (reason !== undefined) throw new Error(reason);
  fetchPublished(folder, PACKAGES[kind]);
  return tryOut(kind, folder);
}

function installBuilt(kind, folder) {
  checkWheel(kind);
  const compiler = findCompiler();
  console.log(`Fetching TensorFlow (${kind === 'cpu' ? '0.3 GB, 1.2' : '3 GB, 6'} GB on the disk) …`);
  const tensorflow = fetchWheel(kind, folder);
  console.log(`Building its binding with ${compiler} …`);
  buildBinding(compiler, folder, PACKAGES[kind], tensorflow);
  return tryOut(kind, folder);
}

function install(kind, driver) {
  const folder = installOptional('tensorflow', (name) => name.startsWith('tfjs-node'));
  console.log(`Trying the published addon of ${PACKAGES[kind]} …`);
  let how = 'the published addon';
  let proof;
  try {
    proof = installPublished(kind, folder);
  } catch (error) {
    console.log(`The published addon does not do: ${error.message}`);
    removePublished(folder, PACKAGES[kind]);
    how = 'the binding built here';
    proof = installBuilt(kind, folder);
  }
  const { device, threads, library, imagesPerSecond } = proof;
  console.log(
    [
      `TensorFlow ${library} works, with ${how} of ${PACKAGES[kind]} 4.22.0 on Node ${process.versions.node}.`,
      `Device: ${device}${driver ? ` (${driver})` : ''}, threads: ${threads}.`,
      `ResNet-8, batch 32: ${imagesPerSecond.toFixed(0)} images a second in training.`,
      `await useBackend('tensorflow') uses it${kind === 'gpu' ? ', and so does useBackend()' : ''}; npm run setup:${kind === 'gpu' ? 'gpu' : 'tensorflow'} -- --undo takes it away.`,
    ].join('\n'),
  );
}

await command(() => {
  const [kind, ...options] = process.argv.slice(2);
  if (!Object.hasOwn(PACKAGES, kind) || options.some((option) => option !== '--undo')) {
    throw new Error(`Usage: ${USAGE}; received '${options.join(' ')}'.`);
  }
  if (options.length > 0) {
    console.log(removeOptional('tensorflow') ? `Removed ${optionalFolder('tensorflow')}.` : 'Nothing was installed.');
    return;
  }
  setup();
  const driver = kind === 'gpu' ? checkDriver() : undefined;
  replaceOptional('tensorflow', () => install(kind, driver));
});
