// npm run notebooks [-- [--write] FILE …]: runs the lessons headless with a real Jupyter client; any cell error fails.
// With --write their outputs are kept in them, always those of Emoji-10, which may be published.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jupyterEnvironment } from './jupyter.mjs';
import { command, ROOT, setup, venv } from './setup.mjs';

/** Runs the given notebooks, or every lesson; with '--write' among them their outputs are kept. */
export function runNotebooks(args) {
  const write = args.includes('--write');
  const files = args.filter((argument) => argument !== '--write');
  const lessons = readdirSync(join(ROOT, 'notebooks'))
    .filter((name) => name.endsWith('.ipynb'))
    .map((name) => join('notebooks', name))
    .sort();
  const chosen = files.length > 0 ? files : lessons;
  const env = { ...jupyterEnvironment(), ...(write ? { RESNET_DATA: 'emoji10' } : {}) };
  const flags = write ? ['--write'] : [];
  const command = [join('scripts', 'run_notebooks.py'), ...flags, ...chosen];
  const { status, error } = spawnSync(venv('python'), command, { cwd: ROOT, env, stdio: 'inherit' });
  if (error) throw error;
  return status ?? 1; // null: it was killed
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(() => {
    setup();
    return runNotebooks(process.argv.slice(2));
  });
}
