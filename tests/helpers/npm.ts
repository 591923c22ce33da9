import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** Runs the npm that runs the tests, or the one of the path; gives what it prints on stdout. */
export function npm(args: string[], cwd: string, env = process.env): string {
  const ours = process.env.npm_execpath; // set by every `npm run`
  const other = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const [program, first] = ours ? [process.execPath, [ours]] : [other, []];
  const shell = program.endsWith('.cmd'); // Windows runs batch files through its shell only
  const { status, stdout, stderr, error } = spawnSync(program, [...first, ...args], {
    cwd,
    env,
    shell,
    encoding: 'utf8',
  });
  if (error) throw error;
  assert.equal(status, 0, stderr);
  return stdout;
}
