// npm run notebooks [FILE …]: runs the lessons headless with a real Jupyter client; any cell error fails.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jupyterEnvironment } from './jupyter.mjs';
import { command, ROOT, setup, venv } from './setup.mjs';

/** Runs the given notebooks, or every lesson. */
export function runNotebooks(files) {
  const lessons = readdirSync(join(ROOT, 'notebooks'))
    .filter((name) => name.endsWith('.ipynb'))
    .map((name) => join('notebooks', name))
    .sort();
  const chosen = files.length > 0 ? files : lessons;
  const options = { cwd: ROOT, env: jupyterEnvironment(), stdio: 'inherit' };
  const { status, error } = spawnSync(venv('python'), [join('scripts', 'run_notebooks.py'), ...chosen], options);
  if (error) throw error;
  return status ?? 1; // null: it was killed
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(() => {
    setup();
    return runNotebooks(process.argv.slice(2));
  });
}
