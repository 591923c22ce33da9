import { existsSync } from 'node:fs';
import { pythonOf } from './python';

/** The Python of real Keras on JAX, which `npm run test:slow` has installed. */
export function kerasPython(): string {
  const path = pythonOf('.venv-keras');
  if (!existsSync(path)) throw new Error(`${path} is missing; npm run distribute -- --help installs it.`);
  return path;
}
