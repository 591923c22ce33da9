import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, reason } from '../errors';
import { makeFolder, moveIntoPlace, sha256, writeFlushed } from '../files/atomic';
import { diskFault } from '../files/faults';
import { type Claim, claimLock } from '../files/lock';
import { type ModelJson, modelFiles } from '../models/files';
import { tf } from '../tf';
import { decodeTensors, decodeTraining, encodeTraining, FORMAT, parseJson, type Stored } from './checkpoint-files';
import { setLearningRate } from './learning-rate';
import type { Snapshot } from './snapshot';

/** A checkpoint that was read and found whole. */
export interface Checkpoint {
  folder: string;
  snapshot: Snapshot;
  modelWeights: Stored;
  optimizerWeights: Stored;
}

const NAME = /^checkpoint-(\d{6,})$/;
const PART = '.part';
const SUMS = 'SHA256SUMS';
/** Checkpoints that stay: the newest, and the one before for the day that the newest is damaged. */
const KEPT = 2;
/** Writing takes at most one part in so many of the time. */
const SHARE = 100;

/**
 * The checkpoints of one training, `checkpoint-000001` and so on in a folder of their own. Each holds the model as
 * TensorFlow.js saves it, training.json and training.bin with all else, and the SHA-256 of them all.
 */
export class Checkpoints {
  /** Numbers of the checkpoints to keep, the newest last. */
  private kept: number[] = [];
  private next = 1;
  private cost = 0;
  private writtenAt = performance.now();

  private constructor(
    readonly folder: string,
    private readonly everySeconds: number,
    private readonly lock: Claim,
  ) {}

  /**
   * Takes the folder for this process, with its newest whole checkpoint.
   *
   * @throws DataError when the folder can't be written, is in use, or holds no checkpoint that can be read.
   */
  static async open(folder: string, everySeconds: number): Promise<[Checkpoints, Checkpoint | undefined]> {
    try {
      await makeFolder(folder);
      const lock = await claimLock(join(folder, 'lock'));
      if (lock.holder) {
        throw new DataError(
          `Process ${lock.holder.pid} on ${lock.holder.host} keeps checkpoints in ${folder} already. Wait for it, or give another folder; if it is gone, delete ${join(folder, 'lock')}.`,
        );
      }
      const checkpoints = new Checkpoints(folder, everySeconds, lock);
      try {
        return [checkpoints, await checkpoints.newest()];
      } catch (error) {
        await checkpoints.close();
        throw error;
      }
    } catch (error) {
      throw explained(error, folder);
    }
  }

  async close(): Promise<void> {
    await this.lock.release?.();
  }

  /**
   * Whether it is time for another: at the end of an epoch or after so many seconds, if the last one's cost allows it.
   * With 0 seconds it always is.
   */
  isDue(isEpochEnd: boolean): boolean {
    if (this.everySeconds === 0) return true;
    const elapsed = performance.now() - this.writtenAt;
    return elapsed >= this.cost * (SHARE - 1) && (isEpochEnd || elapsed >= this.everySeconds * 1000);
  }

  /**
   * Writes a checkpoint. Where there is none before it a failure is an error; later it is a warning, since a training is
   * worth more than its checkpoint.
   *
   * @throws DataError
   */
  async write(model: tf.LayersModel, snapshot: Snapshot): Promise<void> {
    const start = performance.now();
    try {
      await this.place(this.next, await files(model, snapshot));
      this.kept = [...this.kept, this.next].slice(-KEPT);
      await this.clear().catch(() => {}); // the next one tries again
    } catch (error) {
      const failure = explained(error, this.folder);
      if (this.kept.length === 0) throw failure;
      console.warn(`${reason(failure)} The training goes on, and the checkpoint before this one stays.`);
    } finally {
      this.next += 1;
      this.writtenAt = performance.now();
      this.cost = this.writtenAt - start;
    }
  }

  private async place(number: number, contents: [string, Uint8Array][]): Promise<void> {
    const target = this.path(number);
    const work = target + PART;
    try {
      await mkdir(work);
      const sums: string[] = [];
      for (const [name, bytes] of contents) sums.push(`${await writeFlushed(join(work, name), bytes)}  ${name}\n`);
      await writeFlushed(join(work, SUMS), Buffer.from(sums.join('')));
      await moveIntoPlace(work, target);
    } catch (error) {
      await rm(work, { recursive: true, force: true });
      throw error;
    }
  }

  private path(number: number): string {
    return join(this.folder, `checkpoint-${String(number).padStart(6, '0')}`);
  }

  private async numbers(): Promise<number[]> {
    const names = await readdir(this.folder);
    return names
      .filter((name) => NAME.test(name))
      .map((name) => Number(NAME.exec(name)?.[1]))
      .sort((a, b) => b - a);
  }

  /** Removes what is not kept: renamed first, so that nothing half removed has a checkpoint's name. */
  private async clear(): Promise<void> {
    for (const number of await this.numbers()) {
      if (!this.kept.includes(number)) await rename(this.path(number), this.path(number) + PART);
    }
    await this.removeParts();
  }

  /** What killed processes left. */
  private async removeParts(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (name.endsWith(PART) && NAME.test(name.slice(0, -PART.length))) {
        await rm(join(this.folder, name), { recursive: true, force: true });
      }
    }
  }

  private async newest(): Promise<Checkpoint | undefined> {
    await this.removeParts();
    const numbers = await this.numbers();
    const faults: string[] = [];
    this.next = (numbers[0] ?? 0) + 1;
    for (const number of numbers) {
      try {
        const checkpoint = await read(this.path(number));
        for (const fault of faults) console.warn(`${fault} Going on from the one before, ${checkpoint.folder}.`);
        this.kept = [number];
        return checkpoint;
      } catch (error) {
        const { code, syscall } = error as NodeJS.ErrnoException;
        if (error instanceof NewerFormat || (syscall && code !== 'ENOENT')) throw error; // it may be whole
        faults.push(`The checkpoint ${this.path(number)} is damaged: ${reason(error)}.`);
      }
    }
    if (faults.length === 0) return undefined;
    throw new DataError(
      `${faults.join(' ')} There is no other. Give another folder, or delete this one to begin anew.`,
    );
  }
}

async function files(model: tf.LayersModel, snapshot: Snapshot): Promise<[string, Uint8Array][]> {
  const { json, weights, weightsName } = await modelFiles(model);
  const training = await encodeTraining(model.optimizer, snapshot);
  return [
    ['model.json', json],
    [weightsName, weights],
    ['training.json', training.json],
    ['training.bin', training.bin],
  ];
}

class NewerFormat extends DataError {}

/** Reads a checkpoint; whatever is thrown means that it is damaged, but for NewerFormat. */
async function read(folder: string): Promise<Checkpoint> {
  const sums = (await readFile(join(folder, SUMS), 'utf8')).trimEnd().split('\n');
  const contents = new Map<string, Uint8Array>();
  for (const line of sums) {
    const [, expected, name] = /^([0-9a-f]{64}) {2}([\w.-]+)$/.exec(line) ?? [];
    if (name === undefined) throw new DataError(`${SUMS} has the line '${line}'`);
    const bytes = await readFile(join(folder, name));
    if (sha256(bytes) !== expected) throw new DataError(`${name} has changed since it was written`);
    contents.set(name, bytes);
  }
  const part = (name: string) => {
    const bytes = contents.get(name);
    if (bytes === undefined) throw new DataError(`${SUMS} does not name ${name}`);
    return bytes;
  };
  const { format } = parseJson(part('training.json')) as { format: number };
  if (format > FORMAT) {
    throw new NewerFormat(
      `The checkpoint ${folder} has the format ${format}, and this version of resnet-lab reads ${FORMAT} at most. Update resnet-lab, or give another folder.`,
    );
  }
  const { weightsManifest } = parseJson(part('model.json')) as ModelJson;
  const [{ paths, weights: specs }] = weightsManifest;
  const training = await decodeTraining(part('training.json'), part('training.bin'));
  return { folder, ...training, modelWeights: { specs, bytes: part(paths[0]) } };
}

/** Gives model and optimiser the state that the checkpoint holds. */
export async function restoreCheckpoint(checkpoint: Checkpoint, model: tf.LayersModel): Promise<void> {
  const { modelWeights, optimizerWeights, snapshot } = checkpoint;
  const weights = decodeTensors(modelWeights);
  const state = decodeTensors(optimizerWeights);
  try {
    model.setWeights(weights);
    await model.optimizer.setWeights(state.map((tensor, i) => ({ name: optimizerWeights.specs[i].name, tensor })));
    if (snapshot.learningRate !== undefined) setLearningRate(model.optimizer, snapshot.learningRate);
  } finally {
    tf.dispose([...weights, ...state]);
  }
}

function explained(error: unknown, folder: string): unknown {
  const fault = diskFault(error);
  if (fault === undefined) return error;
  return new DataError(
    `Checkpoints can't be kept in ${folder}: ${fault} (${reason(error)}). Mend that, or give another folder.`,
  );
}
