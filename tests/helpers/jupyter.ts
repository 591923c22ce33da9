import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { pythonOf } from './python';

const ROOT = join(__dirname, '..', '..');

/** A request to the kernel: a cell's code, or what `tests/kernel/client.py` describes. */
export type Step = string | Record<string, unknown>;

export interface Failure {
  ename: string;
  evalue: string;
  traceback: string[];
}

export interface Result {
  messages: { type: string; content: Failure & { name: string; text: string; data: Record<string, unknown> } }[];
  reply: Failure & Record<string, unknown> & { status: string; execution_count: number };
  replyType: string;
  seconds: number;
}

export interface Task {
  steps: Step[];
  together?: boolean;
  kernel?: string;
  hold?: boolean;
  /** Where the kernel works; the lessons' folder if nothing is said. */
  folder?: string;
}

export interface Answer {
  results: Result[];
  /** How the kernel's process ended: 0, or minus the number of the signal that ended it. */
  status: number | null;
  shutdownSeconds: number;
}

/** The environment in which Jupyter finds this project's kernel and runs it with the Node of the tests, or another. */
function jupyterEnvironment({ node = process.execPath, kernels = join(ROOT, 'jupyter') }: Surroundings) {
  const path = [dirname(node), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, JUPYTER_PATH: kernels };
}

export interface Surroundings {
  /** The program that runs the kernel. */
  node?: string;
  /** The folder with Jupyter's `kernels`. */
  kernels?: string;
}

/** Starts a Python script of the tests with the project's Python; the input is its first line. */
export function startPython(script: string, input: unknown, surroundings: Surroundings = {}): ChildProcess {
  const child = spawn(pythonOf('.venv'), [join('tests', script)], { cwd: ROOT, env: jupyterEnvironment(surroundings) });
  child.stdin.end(`${JSON.stringify(input)}\n`);
  return child;
}

/** Runs a Python script of the tests; gives what it prints, or fails with its stderr. */
export function runPython(script: string, input: unknown, surroundings?: Surroundings): Promise<string> {
  const child = startPython(script, input, surroundings);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`${script} ended with ${code}: ${stderr}`)),
    );
  });
}

/** Runs a kernel through a real Jupyter client; it has to end well, too. */
export async function runKernel(task: Task, surroundings?: Surroundings): Promise<Result[]> {
  const { results, status }: Answer = JSON.parse(await runPython('kernel/client.py', task, surroundings));
  // A kernel that does not end within seconds is killed by the client: -9, or -15.
  assert.equal(status, 0, 'the kernel ends when it is shut down');
  return results;
}

/** Runs cells one by one in one kernel; the results have the names of the cells. */
export async function runCells<Name extends string>(
  cells: Record<Name, Step>,
  surroundings?: Surroundings,
): Promise<Record<Name, Result>> {
  const results = await runKernel({ steps: Object.values(cells) }, surroundings);
  return Object.fromEntries(Object.keys(cells).map((name, i) => [name, results[i]])) as Record<Name, Result>;
}

export const types = ({ messages }: Result) => messages.map(({ type }) => type);

export const last = ({ messages }: Result) => messages[messages.length - 1].content;

export const shown = (result: Result) => last(result).data?.['text/plain'] ?? JSON.stringify(result.messages);

export const traceback = ({ reply }: Result) => (reply.traceback ?? [JSON.stringify(reply)]).join('\n');

/** What a request printed on one of the two streams. */
export function printed({ messages }: Result, stream: 'stdout' | 'stderr' = 'stdout'): string {
  const parts = messages.filter(({ type, content }) => type === 'stream' && content.name === stream);
  return parts.map(({ content }) => content.text).join('');
}
