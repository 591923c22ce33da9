// The thread that reads and writes weight files: what a hostile one does to libhdf5, a crash or a loop without end, ends
// with it, and so does the memory that it took.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { DataError } from '../../errors';
import { readHdf5 } from '../../files/hdf5/read';
import { writeHdf5 } from '../../files/hdf5/write';
import { readWeights } from './read';
import type { Answer, Task } from './thread';
import { writeWeights } from './write';

async function work(task: Task): Promise<Answer> {
  if ('write' in task) return { written: await writeHdf5((file) => writeWeights(file, task.write)) };
  try {
    return { read: await readHdf5(readFileSync(task.path), (file) => readWeights(file, task.model)) };
  } catch (error) {
    if (error instanceof DataError) return { fault: error.message };
    throw error;
  }
}

work(workerData as Task).then((answer) => {
  const arrays = 'read' in answer ? answer.read.values.flat() : 'written' in answer ? [answer.written] : [];
  parentPort?.postMessage(
    answer,
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
