import { appendFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DataError, reason } from '../../errors';
import { makeFolder, sha256 } from '../../files/atomic';
import { diskFault } from '../../files/faults';
import { type CallbackState, type Logs, ResumableCallback } from './resumable';

export interface CSVLoggerOptions {
  /** Between two values; a comma by default. */
  separator?: string;
  /** Whether to go on in a file that is there; by default it is replaced. */
  append?: boolean;
}

/**
 * Writes a line of measures after every epoch: Keras's `CSVLogger`, with its columns. A training that resumes from a
 * checkpoint first takes away the lines that were written after it.
 */
export class CSVLogger extends ResumableCallback {
  private names: string[] | undefined;
  /** Of the file after the last line; undefined before the first. */
  private bytes: number | undefined;

  constructor(
    private readonly filename: string,
    private readonly options: CSVLoggerOptions = {},
  ) {
    super();
  }

  override async onTrainBegin(): Promise<void> {
    this.names = undefined;
    this.bytes = this.options.append ? await this.size() : undefined;
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    try {
      await makeFolder(dirname(this.filename));
      this.bytes ??= await this.begin();
      const names = this.names ?? columns(logs);
      const header = this.bytes === 0 ? this.line(['epoch', ...names]) : '';
      const text = header + this.line([epoch, ...names.map((name) => logs[name] ?? 'NA')]);
      await appendFile(this.filename, text);
      this.names = names;
      this.bytes += Buffer.byteLength(text);
    } catch (error) {
      const fault = diskFault(error);
      if (fault === undefined) throw error;
      throw new DataError(`The log ${this.filename} could not be written: ${fault} (${reason(error)}).`);
    }
  }

  private async begin(): Promise<number> {
    await writeFile(this.filename, '');
    return 0;
  }

  private size(): Promise<number> {
    return stat(this.filename).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** Tells this file from another: what was written there is no business of this one. */
  private fileNumber(): number {
    return Number.parseInt(sha256(Buffer.from(resolve(this.filename))).slice(0, 8), 16);
  }

  private line(values: (string | number)[]): string {
    return `${values.join(this.options.separator ?? ',')}\r\n`; // Keras's line ends
  }

  override getState(): CallbackState {
    return { values: { bytes: this.bytes, file: this.fileNumber() }, weights: [] };
  }

  override async setState({ values }: CallbackState): Promise<void> {
    if (values.bytes === undefined || values.file !== this.fileNumber()) return; // another log begins
    this.bytes = values.bytes;
    const size = await this.size();
    if (size > this.bytes) await truncate(this.filename, this.bytes);
    else this.bytes = size; // somebody took lines or the file away: no reason to stop a training
  }
}

/** Without validation Keras has its columns all the same. */
function columns(logs: Logs): string[] {
  const names = Object.keys(logs).sort();
  return names.some((name) => name.startsWith('val_')) ? names : [...names, ...names.map((name) => `val_${name}`)];
}
