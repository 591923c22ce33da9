/** Of a block's address: a line of the cache. */
const ALIGNMENT = 64;
/** Behind every block: kernels may read a whole vector, or a strip of eight floats, beyond a tensor's end. */
const SLACK = 64;
const PAGE = 65536;
/** What the memory grows by at least; pages that nothing writes to cost no real memory. */
const GROWTH = 64 * 2 ** 20;
/** 32-bit addresses reach no further. */
const LIMIT = 2 ** 32 - PAGE;

/** A piece of the shared memory. Tensors and unfinished results that need it count themselves in `uses`. */
export interface Block {
  readonly pointer: number;
  readonly bytes: number;
  uses: number;
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
  private used = 0;

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
    let start = this.find(size);
    if (start === undefined) {
      this.grow(bytes, size);
      start = this.find(size) as number;
    }
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

  private find(size: number): number | undefined {
    const first = sizeClass(size);
    for (const start of this.classes[first]) if ((this.free.get(start) as number) >= size) return start;
    for (let i = first + 1; i < this.classes.length; i++) for (const start of this.classes[i]) return start;
    return undefined;
  }

  private grow(bytes: number, size: number): void {
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
      return;
    }
    throw new Error(
      `The simd backend is out of memory: ${bytes.toLocaleString('en')} bytes were asked for, ${this.used.toLocaleString('en')} of at most ${LIMIT.toLocaleString('en')} are held. Use a smaller batch, or dispose of tensors that are no longer needed.`,
    );
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
