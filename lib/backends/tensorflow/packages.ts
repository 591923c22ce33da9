import { createRequire } from 'node:module';
import { join } from 'node:path';
import { optionalFolder } from '../../paths';
import { installedPackage } from '../installed';

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
  const choice = installedPackage('tensorflow');
  const folder = optionalFolder('tensorflow') ?? '';
  const chosen = choice !== undefined && names.includes(choice) ? [from(join(folder, 'package.json'), choice)] : [];
  return [...chosen, ...names.map((name) => from(__filename, name))];
}

const from = (path: string, name: string): Candidate => ({ name, load: () => createRequire(path)(name) });
