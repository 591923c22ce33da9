import { existsSync } from 'node:fs';
import { join } from 'node:path';

const [FOLDER, PROGRAM] = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];

/** The Python of real Keras on JAX, which `npm run test:slow` has installed. */
export function kerasPython(): string {
  const path = join(__dirname, '..', '..', '.venv-keras', FOLDER, PROGRAM);
  if (!existsSync(path)) throw new Error(`${path} is missing; npm run distribute -- --help installs it.`);
  return path;
}
