// npm test [fast|check|slow|mirror]: the checks that everybody runs, or one of the longer suites. A suite is every file
// tests/**/*.SUITE.ts; node:test runs each in a process of its own.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runConformance } from '../tests/conformance/conformance.mjs';
import { softwareVulkan } from '../tests/helpers/vulkan.mjs';
import { runNotebooks } from './notebooks.mjs';
import { optionalFolder } from './optional.mjs';
import { bin, command, installKeras, ROOT, run, setup } from './setup.mjs';

/** What a person may have set for the lessons. */
const SETTINGS = [
  ...['RESNET_BACKEND', 'RESNET_THREADS', 'RESNET_GPU', 'RESNET_DATA'],
  ...['CIFAR10_URL', 'CIFAR10_SHA256', 'VGG16_URL', 'VGG16_SHA256'],
];
/** Lesson 06 goes without weights, fetched ones too: no suite needs anything outside of the clone, but the mirror's. */
const NOWHERE = { VGG16_URL: 'file:///', VGG16_SHA256: '0'.repeat(64) };
/** The tests know what the processor computes; those of GPUs ask for one. */
const NO_GPU = { RESNET_GPU: 'none' };
const SUITES = { fast: '.test.ts', slow: '.slow.ts', mirror: '.mirror.ts' };
/** Files that run at once: the mirror is one server. */
const AT_ONCE = { fast: 2, slow: 2, mirror: 1 };

function check() {
  run(process.execPath, [bin('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings'], 'Format and lint');
  run(process.execPath, [bin('typescript/bin/tsc'), '-p', '.'], 'Types of the commands and tests');
}

/** The backends that not everybody has. */
function installBackends() {
  for (const [name, option] of Object.entries({ tensorflow: 'cpu', webgpu: '--without-proof' })) {
    if (existsSync(join(optionalFolder(name), 'use.json'))) continue;
    run(process.execPath, [join(ROOT, 'scripts', name, 'main.mjs'), option], `Installing ${name}`);
  }
}

function runSuite(suite) {
  const files = readdirSync(join(ROOT, 'tests'), { recursive: true })
    .filter((name) => name.endsWith(SUITES[suite]))
    .map((name) => join('tests', name))
    .sort();
  for (const setting of SETTINGS) delete process.env[setting]; // the tests make their own
  Object.assign(process.env, NOWHERE, NO_GPU, suite === 'slow' ? softwareVulkan() : {});
  const options = ['--import', 'tsx', '--test', `--test-concurrency=${AT_ONCE[suite]}`, '--test-reporter=spec'];
  run(process.execPath, [...options, ...files], 'The tests');
}

await command(async () => {
  const [suite = 'fast'] = process.argv.slice(2);
  setup();
  if (suite === 'check') return check();
  if (!Object.hasOwn(SUITES, suite))
    throw new Error(`There are the suites ${Object.keys(SUITES).join(', ')}; received '${suite}'.`);
  if (suite === 'fast') check();
  if (suite !== 'fast') installKeras();
  if (suite === 'slow') installBackends();
  runSuite(suite);
  if (suite !== 'fast') return;
  return (await runConformance()) || runNotebooks([]);
});
