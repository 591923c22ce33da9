/** Of a block's address: a line of the cache. */
const ALIGNMENT = 64;
/** Behind every block: kernels may read a whole vector, or a strip of eight floats, beyond a tensor's end. */
const SLACK = 64;
const PAGE = 65536;
/** What the memory grows by at least; pages that nothing writes to cost no real memory. */
const GROWTH = 64 * 2 ** 20;
/** Of derived blocks in all. */
const MOST_DERIVED = 512 * 2 ** 20;
/** 32-bit addresses reach no further. */
const LIMIT = 2 ** 32 - PAGE;

/** A piece of the shared memory. Tensors and unfinished results that need it count themselves in `uses`. */
export interface Block {
  readonly pointer: number;
  readonly bytes: number;
  uses: number;
  /** What was computed from the values and stays right until they change, by name; see `derive`. */
  derived?: Map<string, Block | undefined>;
}

/**
 * One WebAssembly memory for all tensors, which every thread sees, and who owns which part of it. Only the main thread
 * allocates. A freed block joins its free neighbours, so that training, evaluating and other models can follow each other
 * in the same memory.
 */
export class SharedMemory {
  readonly memory: WebAssembly.Memory;
  /** Free blocks: start → bytes, and end → start. */
  private readonly free = new Map<number, number>();
  private readonly ends = new Map<number, number>();
  /** The starts of free blocks by the size's class, so that a fitting one is found at once. */
  private readonly classes: Set<number>[] = Array.from({ length: 33 * 4 }, () => new Set());
  private readonly deriving = new Set<Block>();
  private used = 0;
  private derivedBytes = 0;

  /** The first page is the threads' (see protocol.ts). */
  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  }

  /** Bytes in use. */
  get held(): number {
    return this.used;
  }

  /** Bytes of the memory, in use or free. */
  get size(): number {
    return this.memory.buffer.byteLength;
  }

  floats(pointer: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, length);
  }

  doubles(pointer: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, pointer, length);
  }

  integers(pointer: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, pointer, length);
  }

  /** @throws Error when the memory can't grow so far; nothing is lost then. */
  allocate(bytes: number): Block {
    const size = Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    if (size > LIMIT) throw this.exhausted(bytes);
    let start = this.find(size);
    if (start === undefined && !this.grow(size)) this.forgetAll();
    start ??= this.find(size);
    if (start === undefined) throw this.exhausted(bytes);
    const available = this.free.get(start) as number;
    this.remove(start, available);
    if (available > size) this.insert(start + size, available - size);
    this.used += size;
    return { pointer: start, bytes: size, uses: 1 };
  }

  /** One use less; without any the block is free. */
  release(block: Block): void {
    block.uses -= 1;
    if (block.uses > 0) return;
    this.forget(block);
    this.used -= block.bytes;
    let start = block.pointer;
    let end = start + block.bytes;
    const before = this.ends.get(start);
    if (before !== undefined) {
      this.remove(before, start - before);
      start = before;
    }
    const after = this.free.get(end);
    if (after !== undefined) {
      this.remove(end, after);
      end += after;
    }
    this.insert(start, end - start);
  }

  /**
   * Room for something of `bytes` bytes that is computed from a block's values, such as a transformed filter: from the
   * second time on it is kept with the block until `forget`, as that of a model that predicts, whose filters don't change.
   *
   * @returns the room and whether it holds the values already; undefined the first time, or when too much is kept.
   */
  derive(block: Block, name: string, bytes: number): { room: Block; isFilled: boolean } | undefined {
    const kept = block.derived?.get(name);
    if (kept) return { room: kept, isFilled: true };
    const isFirst = !block.derived?.has(name);
    if (isFirst || this.derivedBytes + bytes > MOST_DERIVED) {
      block.derived ??= new Map();
      block.derived.set(name, undefined);
      return undefined;
    }
    const room = this.allocate(bytes); // which may forget all that was derived before
    block.derived ??= new Map();
    block.derived.set(name, room);
    this.deriving.add(block);
    this.derivedBytes += room.bytes;
    return { room, isFilled: false };
  }

  /** Frees what was derived from a block whose values change or which is no longer needed. */
  forget(block: Block): void {
    for (const room of block.derived?.values() ?? []) {
      if (!room) continue;
      this.derivedBytes -= room.bytes;
      this.release(room);
    }
    block.derived = undefined;
    this.deriving.delete(block);
  }

  private forgetAll(): void {
    for (const block of this.deriving) this.forget(block);
  }

  private exhausted(bytes: number): Error {
    return new Error(
      `The simd backend is out of memory: ${bytes.toLocaleString('en')} bytes were asked for, ${this.used.toLocaleString('en')} of at most ${LIMIT.toLocaleString('en')} are held. Use a smaller batch, or dispose of tensors that are no longer needed.`,
    );
  }

  private find(size: number): number | undefined {
    const first = sizeClass(size);
    for (const start of this.classes[first]) if ((this.free.get(start) as number) >= size) return start;
    for (let i = first + 1; i < this.classes.length; i++) for (const start of this.classes[i]) return start;
    return undefined;
  }

  /** @returns whether the memory could grow so far. */
  private grow(size: number): boolean {
    const end = this.size;
    const last = this.ends.get(end);
    const missing = size - (last === undefined ? 0 : end - last);
    for (const wanted of [Math.max(missing, GROWTH), missing]) {
      const pages = Math.ceil(wanted / PAGE);
      if (end + pages * PAGE > LIMIT) continue;
      try {
        this.memory.grow(pages);
      } catch {
        continue; // the system has less to give
      }
      let start = end;
      if (last !== undefined) {
        this.remove(last, end - last);
        start = last;
      }
      this.insert(start, end + pages * PAGE - start);
      return true;
    }
    return false;
  }

  private insert(start: number, bytes: number): void {
    this.free.set(start, bytes);
    this.ends.set(start + bytes, start);
    this.classes[sizeClass(bytes)].add(start);
  }

  private remove(start: number, bytes: number): void {
    this.free.delete(start);
    this.ends.delete(start + bytes);
    this.classes[sizeClass(bytes)].delete(start);
  }
}

/** Four classes to a power of two. */
function sizeClass(bytes: number): number {
  const exponent = 31 - Math.clz32(bytes >>> 0);
  return exponent * 4 + (exponent < 2 ? 0 : (bytes >>> (exponent - 2)) & 3);
}
