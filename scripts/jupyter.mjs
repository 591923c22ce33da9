// Where Jupyter finds this project's kernel, renderer and settings. Nothing is installed into Jupyter itself.
import { delimiter, dirname, join } from 'node:path';
import { ROOT, venv } from './setup.mjs';

/** The environment for a Jupyter program: our folders first, the Node that runs this script, and what pip installed. */
export function jupyterEnvironment() {
  const first = (path, rest) => (rest ? path + delimiter + rest : path);
  return {
    ...process.env,
    PATH: first(dirname(process.execPath), first(dirname(venv('python')), process.env.PATH)),
    JUPYTER_PATH: first(join(ROOT, 'jupyter'), process.env.JUPYTER_PATH),
    JUPYTER_CONFIG_PATH: first(join(ROOT, 'jupyter', 'config'), process.env.JUPYTER_CONFIG_PATH),
  };
}
