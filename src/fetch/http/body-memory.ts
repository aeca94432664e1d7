/** The smallest block, and the largest that is reused: larger bodies are rare. */
const LEAST_BYTES = 16 * 1024;
const LARGEST_BYTES = 2 ** 20;
/** Maximum bytes of unused blocks. */
const MAX_FREE_BYTES = 32 * 2 ** 20;
/** The most that is allocated because a server announces a length: it may announce much and send nothing. */
const TRUSTED_BYTES = 64 * 1024;

/**
 * Memory for bodies, reused as soon as its body is no longer needed. With garbage collection instead, every 64 MiB of
 * bodies would make the collector mark the whole heap.
 */
export class BodyMemory {
  /** Unused blocks by size. */
  readonly #free = new Map<number, Buffer[]>();
  readonly #lent = new WeakSet<ArrayBufferLike>();
  #freeBytes = 0;

  /** A block of at least so many bytes, with arbitrary content. */
  take(bytes: number): Buffer {
    if (bytes > LARGEST_BYTES) return Buffer.allocUnsafeSlow(bytes);
    const size = Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const known = this.#free.get(size)?.pop();
    if (known !== undefined) this.#freeBytes -= size;
    const room = known ?? Buffer.allocUnsafeSlow(size);
    this.#lent.add(room.buffer);
    return room;
  }

  /** Takes back a block, given as any part of it. Memory that does not come from here is left alone. */
  giveBack({ buffer }: Buffer): void {
    const size = buffer.byteLength;
    if (!this.#lent.delete(buffer) || this.#freeBytes + size > MAX_FREE_BYTES) return;
    const free = this.#free.get(size) ?? [];
    free.push(Buffer.from(buffer));
    this.#free.set(size, free);
    this.#freeBytes += size;
  }
}

/** A body that arrives piece by piece. Each piece is copied. */
export class IncomingBody {
  readonly #memory: BodyMemory;
  #room: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(memory: BodyMemory) {
    this.#memory = memory;
  }

  /**
   * `announced`: the length of the body that the server announces; NaN without one. Returns by how many bytes the memory
   * of the body has grown.
   */
  push(piece: Buffer, announced: number): number {
    const length = this.#length + piece.length;
    const before = this.#room.length;
    if (length > before) {
      const most = announced >= length ? announced : Number.POSITIVE_INFINITY;
      const wanted = length > LARGEST_BYTES ? 2 * length : Math.max(length, TRUSTED_BYTES);
      this.#moveTo(this.#memory.take(Math.min(most, wanted)));
    }
    this.#room.set(piece, this.#length);
    this.#length = length;
    return this.#room.length - before;
  }

  /** The bytes so far. The caller must give them back. */
  take(): Buffer {
    const bytes = this.#room.subarray(0, this.#length);
    this.#room = Buffer.alloc(0);
    this.#length = 0;
    return bytes;
  }

  #moveTo(room: Buffer): void {
    room.set(this.#room.subarray(0, this.#length));
    this.#memory.giveBack(this.#room);
    this.#room = room;
  }
}
