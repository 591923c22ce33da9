// node scripts/run.mjs FILE [ARGUMENTS]: sets up what is missing, then runs FILE, JavaScript or TypeScript, with this Node
// in this process's place.
import { join } from 'node:path';
import { command, ROOT, replaceBy, setup } from './setup.mjs';

await command(async () => {
  setup();
  const [file, ...args] = process.argv.slice(2);
  const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  return replaceBy(process.execPath, [...loader, join(ROOT, file), ...args]);
});
