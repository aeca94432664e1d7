import { deserialize, serialize } from 'node:v8';
import type { Value } from '../../core/columns.ts';
import { NamelessFile } from '../../util/files/nameless-file.ts';
import { digestOf, HashTable } from '../../util/hash-table.ts';

const LENGTH_BYTES = 4;

/**
 * Values by texts that name them. The values are in a file, which has no name and ends with the process; in memory, each
 * text takes 25 to 50 bytes.
 */
export class ValueTable {
  readonly #file: NamelessFile;
  /** For each text the position of its values, in two numbers. */
  readonly #places = new HashTable(2);

  /** `path`: of the file, which is replaced. */
  constructor(path: string) {
    this.#file = new NamelessFile(path);
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
    const place = this.#file.size;
    this.#places.set(digest, [Math.floor(place / 2 ** 32), place % 2 ** 32]);
    this.#file.append(length, bytes);
    return true;
  }

  /** Null if the text has none. */
  get(text: string): readonly Value[] | null {
    const found = this.#places.get(digestOf(text));
    if (found === undefined) return null;
    const [high = 0, low = 0] = found;
    const place = high * 2 ** 32 + low;
    const length = this.#file.read(place, LENGTH_BYTES).readUInt32LE();
    return deserialize(this.#file.read(place + LENGTH_BYTES, length));
  }

  close(): void {
    this.#file.close();
  }
}
