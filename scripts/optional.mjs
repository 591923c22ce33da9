// Packages that only those install who ask for them: each set lies in a folder of its own, at the versions of its lock file,
// beside which nothing else of the machine changes.
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { npm, ROOT } from './setup.mjs';

/** The folder of a set: `.tensorflow`, `.webgpu`. */
export const optionalFolder = (name) => join(ROOT, `.${name}`);

/**
 * Installs the packages of `scripts/NAME/package.json` into the set's folder, inside `replaceOptional`. Of TensorFlow.js only what `isWanted` stays: a second copy of its core
 * would not see the tensors of the first, and Node finds the project's own in the folder above.
 */
export function installOptional(name, isWanted) {
  const folder = optionalFolder(name);
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

/** Runs `install`, which makes the set's folder anew; what was there before is back when that fails. */
export function replaceOptional(name, install) {
  const folder = optionalFolder(name);
  const before = kept(folder);
  if (existsSync(before)) move(before, folder); // the last try was cut off
  if (existsSync(folder)) move(folder, before);
  try {
    install();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (existsSync(before)) move(before, folder);
    throw error;
  }
  rmSync(before, { recursive: true, force: true });
}

/** Whether there was anything to remove. */
export function removeOptional(name) {
  const folder = optionalFolder(name);
  const there = [folder, kept(folder)].filter((path) => existsSync(path));
  for (const path of there) rmSync(path, { recursive: true });
  return there.length > 0;
}

/** Where a folder waits while it is made anew. */
const kept = (folder) => `${folder}.old`;

function move(from, to) {
  rmSync(to, { recursive: true, force: true });
  renameSync(from, to);
}
