import { type Digest, digestOf, HashTable } from '../../util/hash-table.ts';

/**
 * Remembers the keys of at least the last so many rows, more than a shard can have: in a tar a key never stands twice.
 * Together they take up to 460 MB.
 */
const REMEMBERED = 10_000_000;

/** Finds keys that an earlier row has, among all rows of an index of this size and among the last ones of a larger. */
export class SeenKeys {
  readonly #remembered: number;
  /** Whether capitals count as small letters, as in the names of files on many systems. */
  readonly #ignoresCase: boolean;
  #recent = new HashTable(0);
  #older = new HashTable(0);

  constructor(ignoresCase: boolean, remembered = REMEMBERED) {
    this.#ignoresCase = ignoresCase;
    this.#remembered = remembered;
  }

  /** Stores the key; returns false if an earlier row has it. */
  add(key: string): boolean {
    const digest: Digest = digestOf(this.#ignoresCase ? key.toLowerCase() : key);
    if (this.#recent.has(digest) || this.#older.has(digest)) return false;
    if (this.#recent.size === this.#remembered) {
      this.#older = this.#recent;
      this.#recent = new HashTable(0);
    }
    this.#recent.set(digest);
    return true;
  }
}
