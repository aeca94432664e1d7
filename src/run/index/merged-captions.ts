import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { type Digest, HashTable } from '../../util/hash-table.ts';

/** What the captions of one image may take; the captions of further rows are left out. */
const MAX_BYTES = 256 * 1024;
const BUFFER_BYTES = 1 << 20;
/** Position of the previous caption of the image, counted from 1, and length of this one. */
const HEAD_BYTES = 6 + 4;

/**
 * Captions of rows that repeat a URL, by the digests of URLs. The captions are in a file, which has no name and ends with
 * the process; in memory, each URL that is repeated takes 29 to 56 bytes.
 */
export class MergedCaptions {
  readonly #file: number;
  /** For each URL the position of its last caption, counted from 1, in two numbers, and the bytes of all of them. */
  readonly #last = new HashTable(3);
  #written = 0;
  #buffer: Buffer[] = [];
  #buffered = 0;

  /** `path`: of the file, which is replaced. */
  constructor(path: string) {
    rmSync(path, { force: true });
    this.#file = openSync(path, 'wx+', 0o600);
    rmSync(path, { force: true });
  }

  /** Adds a caption of a URL; returns false if there is no room for it. */
  add(digest: Digest, caption: string): boolean {
    const text = Buffer.from(caption);
    const [high = 0, low = 0, bytes = 0] = this.#last.get(digest) ?? [];
    if (bytes + text.length > MAX_BYTES) return false;
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUIntLE(high * 2 ** 32 + low, 0, 6);
    head.writeUInt32LE(text.length, 6);
    const place = this.#written + this.#buffered + 1;
    this.#last.set(digest, [Math.floor(place / 2 ** 32), place % 2 ** 32, bytes + text.length]);
    this.#buffer.push(head, text);
    this.#buffered += HEAD_BYTES + text.length;
    if (this.#buffered >= BUFFER_BYTES) this.#flush();
    return true;
  }

  /** The captions of a URL in the order in which they were added. */
  of(digest: Digest): readonly string[] {
    const [high = 0, low = 0] = this.#last.get(digest) ?? [];
    this.#flush();
    const found: string[] = [];
    for (let place = high * 2 ** 32 + low; place > 0; ) {
      const head = this.#read(place - 1, HEAD_BYTES);
      found.push(this.#read(place - 1 + HEAD_BYTES, head.readUInt32LE(6)).toString());
      place = head.readUIntLE(0, 6);
    }
    return found.reverse();
  }

  close(): void {
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#buffered === 0) return;
    const bytes = Buffer.concat(this.#buffer);
    for (let from = 0; from < bytes.length; )
      from += writeSync(this.#file, bytes, from, bytes.length - from, this.#written + from);
    this.#written += bytes.length;
    this.#buffer = [];
    this.#buffered = 0;
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let from = 0; from < length; ) {
      const read = readSync(this.#file, bytes, from, length - from, position + from);
      if (read === 0) throw new Error('The file of merged captions ends early');
      from += read;
    }
    return bytes;
  }
}
