// npm test [fast|check|slow|mirror]: the checks that everybody runs, or one of the longer suites. A suite is every file
// tests/**/*.SUITE.ts; node:test runs each in a process of its own.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runConformance } from '../tests/conformance/conformance.mjs';
import { runNotebooks } from './notebooks.mjs';
import { bin, command, ROOT, run, setup } from './setup.mjs';

/** What a person may have set for the lessons. */
const SETTINGS = [
  ...['RESNET_BACKEND', 'RESNET_THREADS', 'RESNET_DATA'],
  ...['CIFAR10_URL', 'CIFAR10_SHA256', 'VGG16_URL', 'VGG16_SHA256'],
];
const SUITES = { fast: '.test.ts', slow: '.slow.ts', mirror: '.mirror.ts' };

function check() {
  run(process.execPath, [bin('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings'], 'Format and lint');
  run(process.execPath, [bin('typescript/bin/tsc'), '-p', '.'], 'Types of the commands and tests');
}

function runSuite(ending) {
  const files = readdirSync(join(ROOT, 'tests'), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => join('tests', name))
    .sort();
  for (const setting of SETTINGS) delete process.env[setting]; // the tests make their own
  const options = ['--import', 'tsx', '--test', '--test-concurrency=2', '--test-reporter=spec'];
  run(process.execPath, [...options, ...files], 'The tests');
}

await command(async () => {
  const [suite = 'fast'] = process.argv.slice(2);
  setup();
  if (suite === 'check') return check();
  if (!Object.hasOwn(SUITES, suite))
    throw new Error(`There are the suites ${Object.keys(SUITES).join(', ')}; received '${suite}'.`);
  if (suite === 'fast') check();
  runSuite(SUITES[suite]);
  if (suite === 'fast') return (await runConformance()) || runNotebooks([]);
});
