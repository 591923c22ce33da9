// npm run evaluate -- --help: measures a trained network; with --keras it installs real Keras first.
import { join } from 'node:path';
import { command, installKeras, ROOT, replaceBy, setup } from './setup.mjs';

await command(() => {
  setup();
  const args = process.argv.slice(2).flatMap((each) => (each === '--keras' ? [each, installKeras()] : [each]));
  return replaceBy(process.execPath, ['--import', 'tsx', join(ROOT, 'cli', 'evaluate.ts'), ...args]);
});
