import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder';

const ROOT = join(__dirname, '..', '..');

/** A new folder in which Jupyter finds a TypeScript kernel of that name: that command, in which `{connection_file}` is replaced. */
export function makeKernelspec(name: string, argv: string[], env: Record<string, string> = {}): string {
  const kernels = temporaryFolder();
  const folder = join(kernels, 'kernels', name);
  mkdirSync(folder, { recursive: true });
  const spec = { argv, display_name: name, language: 'typescript', env };
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify(spec));
  return kernels;
}

/** A kernel by the name `stock`: tslab as npm installed it in the folder. */
export function makeStockKernelspec(folder = ROOT): string {
  const tslab = join(folder, 'node_modules/tslab/bin/tslab');
  return makeKernelspec('stock', ['node', tslab, 'kernel', '--config-path={connection_file}']);
}
