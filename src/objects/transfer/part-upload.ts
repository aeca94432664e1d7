import { createHash } from 'node:crypto';
import { BoundedWork } from '../../util/bounded-work.ts';
import type { OpenUpload } from '../interface/object-backend.ts';
import type { PartsWriter } from '../interface/parts-writer.ts';

/** An upload with all its parts, which waits to be completed. */
export interface FinishedUpload {
  readonly upload: OpenUpload;
  readonly tags: readonly string[];
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** Stores accept 10,000 parts, and at least 5 MiB in all but the last. */
const PART_BYTES = 8 << 20;
const FIRST_BYTES = 64 << 10;
const PARTS_AT_ONCE = 2;

/**
 * An object that is written from start to end and uploaded in parts meanwhile. It holds at most three parts in memory.
 * Nobody sees it before somebody completes the upload. Calls must not overlap.
 */
export class PartUpload {
  readonly #objects: PartsWriter;
  readonly #key: string;
  readonly #hash = createHash('sha256');
  readonly #work = new BoundedWork(PARTS_AT_ONCE);
  /** Buffers of parts that have been stored. */
  readonly #free: Buffer[] = [];
  readonly #tags: string[] = [];
  #upload: Promise<OpenUpload> | null = null;
  #part: Buffer = Buffer.alloc(0);
  #filled = 0;
  #parts = 0;
  #size = 0;

  constructor(objects: PartsWriter, key: string) {
    this.#objects = objects;
    this.#key = key;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends the buffers, which may be reused once the promise resolves. Rejects if an earlier part was refused. */
  async write(buffers: readonly Uint8Array[]): Promise<void> {
    for (const buffer of buffers) {
      this.#hash.update(buffer);
      this.#size += buffer.length;
      for (let rest = buffer; rest.length > 0; ) {
        this.#makeRoom(rest.length);
        const count = Math.min(rest.length, this.#part.length - this.#filled);
        this.#part.set(rest.subarray(0, count), this.#filled);
        this.#filled += count;
        rest = rest.subarray(count);
        if (this.#filled === PART_BYTES) await this.#send();
      }
    }
  }

  /** Sends the last part; resolves when all are stored. */
  async finish(): Promise<FinishedUpload> {
    if (this.#filled > 0 || this.#parts === 0) await this.#send();
    await this.#work.finish();
    const upload = await this.#opened();
    return { upload, tags: this.#tags, bytes: this.#size, sha256: this.#hash.digest('hex') };
  }

  /** Ends the upload without a trace. */
  async abort(): Promise<void> {
    // A part that arrives after the end would stay.
    await this.#work.finish().catch(() => {});
    const upload = await this.#upload?.catch(() => undefined);
    if (upload !== undefined) await this.#objects.abortUpload(upload);
  }

  /** Small files need no buffer of a whole part. */
  #makeRoom(count: number): void {
    if (this.#filled < this.#part.length) return;
    const wanted = Math.max(FIRST_BYTES, 2 * this.#filled, Math.min(this.#filled + count, PART_BYTES));
    const larger = this.#free.pop() ?? Buffer.allocUnsafeSlow(Math.min(PART_BYTES, wanted));
    larger.set(this.#part.subarray(0, this.#filled));
    this.#part = larger;
  }

  async #send(): Promise<void> {
    const [bytes, buffer] = [this.#part.subarray(0, this.#filled), this.#part];
    this.#part = Buffer.alloc(0);
    this.#filled = 0;
    this.#parts += 1;
    const number = this.#parts;
    const upload = await this.#opened();
    await this.#work.start(1, async () => {
      this.#tags[number - 1] = await this.#objects.uploadPart(upload, number, bytes);
      if (buffer.length === PART_BYTES) this.#free.push(buffer);
    });
  }

  #opened(): Promise<OpenUpload> {
    this.#upload ??= this.#objects.startUpload(this.#key);
    return this.#upload;
  }
}
