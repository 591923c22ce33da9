import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
/** Milliseconds after which a child is taken for one that never ends. */
const PATIENCE = 60_000;

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a script in a Node of its own, as the body of an async function to which everything of resnet-lab is in scope as
 * `lab`; `first` runs before the library is loaded. Fails when the process does not end by itself.
 */
export function runScript(script: string, { threads = '', first = '', patience = PATIENCE } = {}): Promise<Ended> {
  const code = `${first}\nconst lab = require('resnet-lab');\nconst { tf } = lab;\n(async () => {\n${script}\n})();`;
  const env: NodeJS.ProcessEnv = { ...process.env, RESNET_THREADS: threads };
  delete env.RESNET_BACKEND;
  const child = spawn(process.execPath, ['--eval', code], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ended.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`The process did not end within ${patience / 1000} s; it printed: ${ended.stdout}${ended.stderr}`),
      );
    }, patience);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ...ended, code });
    });
  });
}
