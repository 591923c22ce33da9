import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Block, SharedMemory } from './memory';
import type { Pool } from './pool';

type Values = backend_util.BackendValues;
/** TensorFlow.js's handle of a tensor's data. */
export type DataId = TensorInfo['dataId'];

/**
 * A float32 result that is not computed yet, because what reads it next can often compute it on the way, in the same
 * pass over memory (see kernels/pending.ts). It owns its inputs' blocks.
 */
export interface Pending {
  blocks: Block[];
  /** Writes the result to `out`. */
  compute(out: number): void;
}

/** A tensor's data: values of JavaScript, a block of the shared memory, or a pending result. */
export class TensorEntry {
  refCount = 1;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  block?: Block;
  pending?: Pending;
  private array?: Values;

  constructor(
    private readonly backend: SimdBackend,
    readonly dtype: DataType,
    /** Of a float32 tensor in the shared memory. */
    readonly length: number,
  ) {}

  /** What the kernels of tfjs-backend-cpu read: a view, which is not to outlive the tensor. */
  get values(): Values | undefined {
    if (this.pending) this.backend.pointerOf(this);
    if (!this.block) return this.array;
    this.backend.pool.finish();
    return this.backend.shared.floats(this.block.pointer, this.length);
  }

  set values(values: Values | undefined) {
    // Some of tfjs-backend-cpu's kernels hand on a view of their input, which may be freed before their output is.
    const isShared = ArrayBuffer.isView(values) && values.buffer instanceof SharedArrayBuffer;
    this.array = isShared ? (values as Float32Array).slice() : values;
  }
}

/**
 * The backend `simd`: every op of tfjs-backend-cpu, whose kernels it takes over, and kernels of its own for what training
 * and inference spend their time on. Those work on the blocks of one shared memory, and move float32 tensors there when
 * they first meet them.
 */
export class SimdBackend extends MathBackendCPU {
  private handles = 0;
  /** What the kernel that runs has made. */
  private made?: DataId[];

  constructor(
    readonly shared: SharedMemory,
    readonly pool: Pool,
  ) {
    super();
    const zeros = shared.allocate(ZEROS * 4);
    shared.floats(zeros.pointer, ZEROS).fill(0);
    this.zeros = zeros.pointer;
  }

  /** Address of `ZEROS` zeros. */
  readonly zeros: number;

  // biome-ignore format: one line an override
  private entry(dataId: DataId): TensorEntry { return this.data.get(dataId) as unknown as TensorEntry; }

  private add(entry: TensorEntry): DataId {
    const dataId = { id: this.handles++ };
    this.data.set(dataId, entry as never);
    this.made?.push(dataId);
    return dataId;
  }

  /** Runs a kernel; when it fails, for want of memory, the tensors that it made so far go again. */
  undoingOnError<T>(kernel: () => T): T {
    const outer = this.made;
    const made: DataId[] = [];
    this.made = made;
    try {
      return kernel();
    } catch (error) {
      for (const dataId of made) if (this.data.has(dataId)) this.disposeData(dataId, true);
      throw error;
    } finally {
      this.made = outer;
      outer?.push(...made);
    }
  }

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    const entry = new TensorEntry(this, dtype, util.sizeFromShape(shape));
    entry.values = values;
    return this.add(entry);
  }

  override move(dataId: DataId, values: Values, shape: number[], dtype: DataType, refCount: number): void {
    const entry = new TensorEntry(this, dtype, util.sizeFromShape(shape));
    entry.values = values;
    entry.refCount = refCount;
    this.data.set(dataId, entry as never); // not made by the kernel that runs: its input
  }

  /** A copy where the values stand in the shared memory, which later kernels change. */
  override readSync(dataId: DataId): Values {
    const values = super.readSync(dataId);
    return this.entry(dataId).block ? (values as Float32Array).slice() : values;
  }

  /** Waits for jobs only after the caller had its turn, who may prepare the next step while the other threads work. */
  override async read(dataId: DataId): Promise<Values> {
    const entry = this.entry(dataId);
    if (!entry.block && !entry.pending) return this.readSync(dataId);
    const [block] = this.share({ dataId }); // the tensor may be disposed of meanwhile
    try {
      await new Promise(setImmediate);
      this.pool.finish();
      return this.shared.floats(block.pointer, entry.length).slice();
    } finally {
      this.shared.release(block);
    }
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.data.has(dataId) ? this.entry(dataId) : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && entry) this.drop(entry);
    return isGone;
  }

  private drop(entry: TensorEntry): void {
    if (entry.block) this.shared.release(entry.block);
    for (const block of entry.pending?.blocks ?? []) this.shared.release(block);
    entry.block = undefined;
    entry.pending = undefined;
  }

  override dispose(): void {
    this.pool.dispose();
  }

  override async time(f: () => void): Promise<{ kernelMs: number }> {
    const start = util.now();
    f();
    this.pool.finish();
    return { kernelMs: util.now() - start };
  }

  /** Address of a float32 tensor's values, which are computed or moved to the shared memory first where necessary. */
  pointer({ dataId }: { dataId: DataId }): number {
    return this.pointerOf(this.entry(dataId));
  }

  /** The blocks of float32 tensors, for a pending result that keeps them. */
  share(...tensors: { dataId: DataId }[]): Block[] {
    const blocks = tensors.map((tensor) => this.block(tensor));
    for (const block of blocks) block.uses += 1;
    return blocks;
  }

  pointerOf(entry: TensorEntry): number {
    if (entry.block) return entry.block.pointer;
    const block = this.shared.allocate(entry.length * 4);
    const { pending } = entry;
    try {
      if (pending) pending.compute(block.pointer);
      else {
        this.pool.finish(); // a job before may still use the block
        this.shared.floats(block.pointer, entry.length).set(entry.values as Float32Array);
      }
    } catch (error) {
      this.shared.release(block);
      throw error;
    }
    entry.block = block;
    entry.pending = undefined;
    entry.values = undefined;
    for (const input of pending?.blocks ?? []) this.shared.release(input);
    return block.pointer;
  }

  /** The pending result of a tensor, if it has one. */
  pending({ dataId }: { dataId: DataId }): Pending | undefined {
    return this.entry(dataId).pending;
  }

  /** A new float32 tensor, its values still undefined. */
  output(shape: number[]): TensorInfo & { pointer: number } {
    const entry = new TensorEntry(this, 'float32', util.sizeFromShape(shape));
    entry.block = this.shared.allocate(entry.length * 4);
    return { dataId: this.add(entry), shape, dtype: 'float32', pointer: entry.block.pointer };
  }

  /** A new float32 tensor that is computed when somebody reads it. */
  outputLater(shape: number[], pending: Pending): TensorInfo {
    const entry = new TensorEntry(this, 'float32', util.sizeFromShape(shape));
    entry.pending = pending;
    return { dataId: this.add(entry), shape, dtype: 'float32' };
  }

  /** A new float32 tensor from values of JavaScript. */
  outputValues(shape: number[], values: Float32Array): TensorInfo {
    return { dataId: this.write(values, shape, 'float32'), shape, dtype: 'float32' };
  }

  /**
   * Lends memory that `fill`'s jobs fill with what is computed from a tensor's values alone; kept as long as they stay as
   * they are, see `SharedMemory.derive`.
   */
  derived(
    block: Block,
    name: string,
    bytes: number,
    fill: (pointer: number) => void,
    use: (pointer: number) => void,
  ): void {
    const kept = this.shared.derive(block, name, bytes);
    if (!kept) {
      this.scratch(bytes, (pointer) => {
        fill(pointer);
        use(pointer);
      });
      return;
    }
    kept.room.uses += 1; // stays for these jobs when memory runs short and all that was derived goes
    try {
      if (!kept.isFilled) fill(kept.room.pointer);
    } catch (error) {
      this.shared.forget(block);
      this.shared.release(kept.room);
      throw error;
    }
    try {
      use(kept.room.pointer);
    } finally {
      this.shared.release(kept.room);
    }
  }

  /** The block of a float32 tensor, which is computed or moved to the shared memory first where necessary. */
  block(tensor: { dataId: DataId }): Block {
    this.pointer(tensor);
    return this.entry(tensor.dataId).block as Block;
  }

  /** Whether nothing else sees a tensor's values, so that they may be changed in place. */
  isSole({ dataId }: { dataId: DataId }): boolean {
    const entry = this.entry(dataId);
    return entry.refCount === 1 && (entry.block === undefined || entry.block.uses === 1);
  }

  /** Lends memory to the jobs that `use` runs; jobs after those may have it again. */
  scratch<T>(bytes: number, use: (pointer: number) => T): T {
    const block = this.shared.allocate(bytes);
    try {
      return use(block.pointer);
    } finally {
      this.shared.release(block);
    }
  }

  /**
   * Shares to cut a job of so many operations into: `each` for a thread, where more than one evens out threads that are
   * held up, and at most `most`.
   */
  shares(operations: number, most: number, each = 1): number {
    const { threads } = this.pool;
    if (threads === 1 || operations < SMALL) return 1;
    return Math.max(1, Math.min(threads * each, Math.floor(most)));
  }
}

/** As many channels as any layer has under one filter tap, and more. */
export const ZEROS = 16384;
/** A job below this is done before a second thread has noticed it. */
const SMALL = 20_000;
