import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** The environment in which Jupyter finds this project's kernel and runs it with the Node of the tests. */
function jupyterEnvironment(): NodeJS.ProcessEnv {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, JUPYTER_PATH: join(ROOT, 'jupyter') };
}

/** Runs a Python script of the tests with the project's Python; gives what it prints, or fails with its stderr. */
export function runPython(script: string, input: unknown): Promise<string> {
  const python = join(ROOT, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const child = spawn(python, [join('tests', script)], { cwd: ROOT, env: jupyterEnvironment() });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(JSON.stringify(input));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`${script} ended with ${code}: ${stderr}`)),
    );
  });
}
