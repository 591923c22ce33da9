// node scripts/run.mjs FILE [ARGUMENTS]: sets up what is missing, then runs FILE, JavaScript or TypeScript, with this Node
// in this process's place.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { command, ROOT, setup } from './setup.mjs';

await command(async () => {
  setup();
  const [file, ...args] = process.argv.slice(2);
  const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = spawn(process.execPath, [...loader, join(ROOT, file), ...args], { cwd: ROOT, stdio: 'inherit' });
  process.on('SIGINT', () => {}); // Ctrl-C reaches the child by itself; its exit status is ours
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 1 : code));
  });
});
