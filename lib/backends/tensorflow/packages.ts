import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { optionalFolder } from '../../paths';

export const CPU_PACKAGE = '@tensorflow/tfjs-node';
export const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';

/** A package of TensorFlow's addon, and how to load it. */
export interface Candidate {
  name: string;
  load(): unknown;
}

/**
 * The packages that may be here, in the order in which they are tried: the one that `npm run setup:tensorflow` or `setup:gpu`
 * chose, then those that were installed with npm.
 */
export function candidates(names: string[]): Candidate[] {
  const folder = optionalFolder('tensorflow');
  const choice = folder && chosenIn(folder);
  const chosen =
    choice !== undefined && names.includes(choice) ? [from(join(folder as string, 'package.json'), choice)] : [];
  return [...chosen, ...names.map((name) => from(__filename, name))];
}

const from = (path: string, name: string): Candidate => ({ name, load: () => createRequire(path)(name) });

function chosenIn(folder: string): string | undefined {
  const file = join(folder, 'use.json');
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { package: string }).package;
  } catch {
    return undefined; // an installation that was cut off
  }
}
