import { spawnSync } from 'node:child_process';

/** Runs a script of this repository to its end. */
export function runCommand(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}
