// Packages that only those install who ask for them: each set lies in a folder of its own, at the versions of its lock file,
// beside which nothing else of the machine changes.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { npm, ROOT } from './setup.mjs';

/** The folder of a set: `.tensorflow`, `.webgpu`. */
export const optionalFolder = (name) => join(ROOT, `.${name}`);

/**
 * Installs the set of `scripts/NAME/package.json` anew. Of TensorFlow.js only what `isWanted` stays: a second copy of its core
 * would not see the tensors of the first, and Node finds the project's own in the folder above.
 */
export function installOptional(name, isWanted) {
  const folder = optionalFolder(name);
  removeOptional(name);
  mkdirSync(folder);
  for (const file of ['package.json', 'package-lock.json']) {
    copyFileSync(join(ROOT, 'scripts', name, file), join(folder, file));
  }
  npm(
    ['ci', '--prefix', folder, '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'],
    `Installing ${name}`,
  );
  const scope = join(folder, 'node_modules', '@tensorflow');
  for (const entry of readdirSync(scope)) if (!isWanted(entry)) rmSync(join(scope, entry), { recursive: true });
  return folder;
}

/** Whether there was anything to remove. */
export function removeOptional(name) {
  const folder = optionalFolder(name);
  const isThere = existsSync(folder);
  rmSync(folder, { recursive: true, force: true });
  return isThere;
}
