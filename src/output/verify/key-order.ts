import type { ShardId } from '../../core/samples.ts';
import { type Numbering, sampleKey } from '../../shards/names.ts';

/** Checks that the keys of a shard's rows count up from the first. A gap or a row out of order is reported once. */
export class KeyOrder {
  readonly #id: ShardId;
  readonly #numbering: Numbering;
  #next = 0;

  constructor(id: ShardId, numbering: Numbering) {
    this.#id = id;
    this.#numbering = numbering;
  }

  /** The problem with the key of the next row; null if it is the expected key. */
  follow(key: string | null): string | null {
    const due = this.#keyAt(this.#next);
    if (key === due) {
      this.#next += 1;
      return null;
    }
    const index = this.#indexOf(key);
    if (index === null) {
      this.#next += 1;
      return `the key ${key} does not belong to this shard, expected ${due}`;
    }
    const missing = index - this.#next;
    this.#next = index + 1;
    if (missing < 0) return `the row is repeated or out of order, expected ${due}`;
    return missing === 1 ? `the row ${due} before it is missing` : `the rows from ${due} to it are missing`;
  }

  /** Index of a key in the shard; null for a key that does not belong there. */
  #indexOf(key: string | null): number | null {
    if (key === null || !/^\d+$/.test(key)) return null;
    const index = Number(BigInt(key) - BigInt(this.#keyAt(0)));
    return index >= 0 && index < this.#numbering.samplesPerShard && this.#keyAt(index) === key ? index : null;
  }

  #keyAt(index: number): string {
    return sampleKey(this.#id, index, this.#numbering);
  }
}
