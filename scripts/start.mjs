// npm start: sets up what is missing and opens JupyterLab on the first lesson. Arguments go to `jupyter lab`,
// for example: npm start -- --no-browser --port 8890
import { jupyterEnvironment } from './jupyter.mjs';
import { command, ROOT, replaceBy, setup, venv } from './setup.mjs';

await command(async () => {
  setup();
  const isRoot = process.getuid?.() === 0; // JupyterLab refuses root (a container, say) unless told
  const args = [
    '-m',
    'jupyterlab', // not the program `jupyter`, whose first line names the folder that it was installed in
    `--ServerApp.root_dir=${ROOT}`,
    '--LabApp.default_url=/lab/tree/notebooks/00-environment.ipynb',
    ...(isRoot ? ['--allow-root'] : []),
    ...process.argv.slice(2),
  ];
  return replaceBy(venv('python'), args, jupyterEnvironment());
});
