// npm run distribute -- --help: goes on in Keras, on several processes, with a training that was begun in TypeScript.
import { join } from 'node:path';
import { command, installKeras, replaceBy } from './setup.mjs';

await command(() => {
  const script = join('distributed', 'continue_training.py');
  return replaceBy(installKeras(), [script, ...process.argv.slice(2)]);
});
