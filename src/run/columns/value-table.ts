import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { Value } from '../../core/columns.ts';
import { digestOf, HashTable } from '../../util/hash-table.ts';

const BUFFER_BYTES = 1 << 20;
const LENGTH_BYTES = 4;

/**
 * Values by texts that name them. The values are in a file, which has no name and ends with the process; in memory, each
 * text takes 25 to 50 bytes.
 */
export class ValueTable {
  readonly #file: number;
  /** For each text the position of its values, in two numbers. */
  readonly #places = new HashTable(2);
  #written = 0;
  #buffer: Buffer[] = [];
  #buffered = 0;

  /** `path`: of the file, which is replaced. */
  constructor(path: string) {
    rmSync(path, { force: true });
    this.#file = openSync(path, 'wx+', 0o600);
    rmSync(path, { force: true });
  }

  /** Texts that have values. */
  get size(): number {
    return this.#places.size;
  }

  /** Returns false, and changes nothing, if the text has values already. */
  add(text: string, values: readonly Value[]): boolean {
    const digest = digestOf(text);
    if (this.#places.has(digest)) return false;
    const bytes = serialize(values);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(bytes.length);
    const place = this.#written + this.#buffered;
    this.#places.set(digest, [Math.floor(place / 2 ** 32), place % 2 ** 32]);
    this.#buffer.push(length, bytes);
    this.#buffered += LENGTH_BYTES + bytes.length;
    if (this.#buffered >= BUFFER_BYTES) this.#flush();
    return true;
  }

  /** Null if the text has none. */
  get(text: string): readonly Value[] | null {
    const found = this.#places.get(digestOf(text));
    if (found === undefined) return null;
    this.#flush();
    const [high = 0, low = 0] = found;
    const place = high * 2 ** 32 + low;
    const length = this.#read(place, LENGTH_BYTES).readUInt32LE();
    return deserialize(this.#read(place + LENGTH_BYTES, length));
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
      if (read === 0) throw new Error('The file of values ends early');
      from += read;
    }
    return bytes;
  }
}
