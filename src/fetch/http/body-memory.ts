/** The least that is taken at once, and the most that is used again: larger bodies are rare. */
const LEAST_BYTES = 16 * 1024;
const LARGEST_BYTES = 2 ** 20;
/** What may lie unused. */
const MAX_FREE_BYTES = 32 * 2 ** 20;
/** What is taken on a server's word alone, which may announce much and send nothing. */
const TRUSTED_BYTES = 64 * 1024;

/**
 * Memory for bodies, used again when its body has been looked at for the last time. Left to the garbage collector,
 * every 64 MiB of bodies would have it mark everything that the program holds.
 */
export class BodyMemory {
  /** By size. */
  readonly #free = new Map<number, Buffer[]>();
  readonly #lent = new WeakSet<ArrayBufferLike>();
  #freeBytes = 0;

  /** Room for at least so many bytes, whatever they are now. */
  take(bytes: number): Buffer {
    if (bytes > LARGEST_BYTES) return Buffer.allocUnsafeSlow(bytes);
    const size = Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const known = this.#free.get(size)?.pop();
    if (known !== undefined) this.#freeBytes -= size;
    const room = known ?? Buffer.allocUnsafeSlow(size);
    this.#lent.add(room.buffer);
    return room;
  }

  /** Nobody looks at the bytes any more, all of the room or a part; what does not come from here is left alone. */
  giveBack({ buffer }: Buffer): void {
    const size = buffer.byteLength;
    if (!this.#lent.delete(buffer) || this.#freeBytes + size > MAX_FREE_BYTES) return;
    const free = this.#free.get(size) ?? [];
    free.push(Buffer.from(buffer));
    this.#free.set(size, free);
    this.#freeBytes += size;
  }
}

/** A body while it comes in, piece by piece, each of which is copied. */
export class IncomingBody {
  readonly #memory: BodyMemory;
  #room: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(memory: BodyMemory) {
    this.#memory = memory;
  }

  /**
   * `announced`: what the server says is the length of all; NaN where it does not. Returns by how many bytes the memory
   * has grown that the body takes.
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

  /** What has come in; it is the caller's to give back. */
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
