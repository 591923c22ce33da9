// A course in a folder of its own, and the command that teachers use on it.
import { spawn } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from '../helpers/child';
import { temporaryFolder } from '../helpers/folder';
import { idOf, type Notebook, sourceOf, withSources } from './notebook';

const ROOT = join(__dirname, '..', '..');
export const SOURCE = join(ROOT, 'notebooks', 'exercises', 'source');

/** The assignments in a new folder, within the repository or not, that is removed after the tests of the file. */
export function copyCourse(assignments: string[], parent?: string): string {
  const folder = temporaryFolder(parent);
  for (const assignment of assignments)
    cpSync(join(SOURCE, assignment), join(folder, 'source', assignment), { recursive: true });
  return folder;
}

/** `npm run exercises -- …` on the course. */
export function exercises(course: string, args: string[]): Promise<Ended> {
  const env = { ...process.env, RESNET_COURSE: course };
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'exercises.mjs'), ...args], { cwd: ROOT, env });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk) => {
      ended[name] += chunk;
    });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

/** The notebook that was given out, with the solutions of the assignment written into it. */
export function solve(given: Notebook, source: Notebook): Notebook {
  const solutions = source.cells.filter(({ metadata }) => metadata.nbgrader?.solution);
  return withSources(given, Object.fromEntries(solutions.map((cell) => [idOf(cell) as string, sourceOf(cell)])));
}

export const assignments = () => readdirSync(SOURCE).sort();
