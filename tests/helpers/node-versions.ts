// Every Node that the project supports, each fetched as an npm package.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './folder';

export const NODE_VERSIONS = ['20.19', '22', '24', '26'];

/** npm's `node` fetches the program in an install script; the package of the platform is the program itself. */
export async function fetchNode(version: string): Promise<string> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = temporaryFolder();
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`];
  const npm = process.env.npm_execpath; // set by every `npm run`
  await (npm ? promisify(execFile)(process.execPath, [npm, ...args]) : promisify(execFile)('npm', args));
  return join(folder, 'node_modules', name, 'bin', 'node');
}
