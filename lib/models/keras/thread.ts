import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DataError, reason } from '../../errors';
import { runningSignal } from '../../interruption';
import type { ModelWeights } from './layers';
import type { ReadWeights } from './read';
import type { WrittenWeights } from './write';

/** What the thread is asked for: the weights of a file, or the file of weights. */
export type Task = { path: string; model: ModelWeights } | { write: WrittenWeights };

export type Answer = { read: ReadWeights } | { written: Uint8Array } | { fault: string };

/** Has a thread do it; throws a DataError that says in half a sentence what is wrong, or why the cell was stopped. */
export async function inThread<A extends Answer>(task: Task): Promise<Exclude<A, { fault: string }>> {
  const signal = runningSignal();
  signal?.throwIfAborted();
  const buffers = 'write' in task ? task.write.values.flat().map(({ buffer }) => buffer as ArrayBuffer) : [];
  const worker = new Worker(join(__dirname, 'worker.js'), { workerData: task, transferList: buffers });
  let stop = () => {};
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      stop = () => reject(signal?.reason);
      signal?.addEventListener('abort', stop);
      worker.once('message', resolve);
      worker.once('error', (error) => reject(new DataError(`libhdf5 fails on it (${reason(error)})`)));
      worker.once('exit', () => reject(new DataError('libhdf5 fails on it')));
    });
    if ('fault' in answer) throw new DataError(answer.fault);
    return answer as Exclude<A, { fault: string }>;
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
