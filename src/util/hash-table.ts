import { hash } from 'node:crypto';

/** 64 bits of a hash, as two unsigned 32-bit numbers. */
export type Digest = readonly [high: number, low: number];

const FIRST_ENTRIES = 1024;
/** Fuller tables take longer to search. */
const MAX_LOAD = 0.7;

/** A digest that is the same in every run. It is never [0, 0]. */
export function digestOf(text: string): Digest {
  const bytes = hash('sha1', text, 'buffer');
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4) || 1];
}

/**
 * A map from digests to a few unsigned 32-bit numbers each. Takes 11 to 23 bytes for a digest, and 6 to 11 for each number.
 * Among a hundred million digests the chance that any two texts are confused is 1 in 3,700.
 */
export class HashTable {
  readonly #width: number;
  #table: Uint32Array;
  #size = 0;

  /** `numbers`: how many numbers a digest has. */
  constructor(numbers: number) {
    this.#width = 2 + numbers;
    this.#table = new Uint32Array(FIRST_ENTRIES * this.#width);
  }

  get size(): number {
    return this.#size;
  }

  has(digest: Digest): boolean {
    return this.#isTaken(this.#find(digest));
  }

  /** The numbers of a digest; undefined if the table does not have it. */
  get(digest: Digest): readonly number[] | undefined {
    const slot = this.#find(digest);
    return this.#isTaken(slot) ? [...this.#table.subarray(slot + 2, slot + this.#width)] : undefined;
  }

  /** Adds a digest, or replaces its numbers. */
  set(digest: Digest, numbers: readonly number[] = []): void {
    const slot = this.#find(digest);
    if (!this.#isTaken(slot)) this.#size += 1;
    this.#table.set([...digest, ...numbers], slot);
    if (this.#size * this.#width > this.#table.length * MAX_LOAD) this.#grow();
  }

  #isTaken(slot: number): boolean {
    return this.#table[slot + 1] !== 0;
  }

  /** Position of the entry with this digest or, if there is none, of the free entry for it. */
  #find([high, low]: Digest): number {
    const table = this.#table;
    const entries = table.length / this.#width;
    for (let entry = low % entries; ; entry = (entry + 1) % entries) {
      const slot = entry * this.#width;
      if (table[slot + 1] === 0 || (table[slot] === high && table[slot + 1] === low)) return slot;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Uint32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += this.#width) {
      const [high = 0, low = 0] = old.subarray(slot, slot + 2);
      if (low !== 0) this.#table.set(old.subarray(slot, slot + this.#width), this.#find([high, low]));
    }
  }
}
