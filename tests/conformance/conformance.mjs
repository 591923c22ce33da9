// npm run conformance [BACKEND]: the specs that tfjs-core ships for its backends. None that passes on cpu may fail on ours.
import { fork } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { command, setup } from '../../scripts/setup.mjs';
import { enough, findRegressions, summarise } from './compare.mjs';

const LIMIT = 300_000; // milliseconds; a backend whose threads wait for each other would never end

/** Runs the specs in a process of their own, since a backend may crash; resolves to the results and the seconds. */
function runSpecs(bundle, backend) {
  const started = performance.now();
  const script = new URL('run-specs.cjs', import.meta.url);
  const child = fork(script, [bundle, backend], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], timeout: LIMIT });
  let [results, errors] = [undefined, ''];
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000); // warnings of thousands of specs; the end says why it crashed
  });
  child.on('message', (message) => {
    results = message;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (results) return resolve({ results, seconds: (performance.now() - started) / 1000 });
      reject(new Error(`The specs on ${backend} ended with ${signal ?? code} before the last one:\n${errors}`));
    });
  });
}

/** Runs the specs on cpu and on `backend`, prints what differs and gives the exit status. */
export async function runConformance(backend = 'simd') {
  const { bundleSpecs } = await import('./bundle.mjs'); // not earlier: on a fresh clone, setup() installs esbuild first
  const bundle = await bundleSpecs();
  const reference = await runSpecs(bundle, 'cpu');
  const tested = await runSpecs(bundle, backend);
  const regressions = findRegressions(reference.results, tested.results);
  console.log(summarise(backend, reference, tested, regressions));
  return regressions.length === 0 && enough(reference.results) ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(() => {
    setup();
    return runConformance(process.argv[2]);
  });
}
