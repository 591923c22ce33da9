// npm run exercises -- release | collect | grade | report: makes, collects and grades the exercises with nbgrader.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jupyterEnvironment } from './jupyter.mjs';
import { command, npm, ROOT, replaceBy, setup, venv } from './setup.mjs';

/** Runs the command with the package that a release carries. */
async function withPackage(run) {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-lab-'));
  try {
    const pack = ['pack', '--workspace', 'resnet-lab', '--pack-destination', folder, '--silent'];
    npm(pack, 'Packing resnet-lab', 'ignore'); // it would print the name of the temporary file
    return await run(['--package', join(folder, readdirSync(folder)[0])]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await command(async () => {
  setup();
  const args = process.argv.slice(2);
  const env = { ...jupyterEnvironment(), PYTHONPATH: join(ROOT, 'jupyter') };
  const run = (more = []) => replaceBy(venv('python'), ['-m', 'grading', ...args, ...more], env);
  return args[0] === 'release' && !args.includes('--help') ? withPackage(run) : run();
});
