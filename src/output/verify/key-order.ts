import type { ShardId } from '../../core/samples.ts';
import { type Numbering, sampleKey } from '../../shards/names.ts';

/** The number in a key; null if the key has another form. */
function numberIn(key: string | null, { keyPrefix = '' }: Numbering): bigint | null {
  if (!key?.startsWith(keyPrefix)) return null;
  const digits = key.slice(keyPrefix.length);
  return /^\d+$/.test(digits) ? BigInt(digits) : null;
}

/** What is known about the order of the samples of a shard. */
export interface SampleOrder {
  /** The problem with the key of the next row; null if it is as it should be. */
  follow(row: { readonly key: string | null; readonly status: string | null }): string | null;
  /** Whether the sample of a key comes before that of another. What does not belong to the shard comes before all others. */
  precedes(stored: string, key: string): boolean;
}

/** Checks that the keys of a shard's rows count up from the first. A gap or a row out of order is reported once. */
export class KeyOrder implements SampleOrder {
  readonly #id: ShardId;
  readonly #numbering: Numbering;
  #next = 0;

  constructor(id: ShardId, numbering: Numbering) {
    this.#id = id;
    this.#numbering = numbering;
  }

  follow({ key }: { readonly key: string | null }): string | null {
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

  precedes(stored: string, key: string): boolean {
    if (numberIn(stored, this.#numbering) === null) return true;
    return stored.length === key.length ? stored < key : stored.length < key.length;
  }

  /** Index of a key in the shard; null for a key that does not belong there. */
  #indexOf(key: string | null): number | null {
    const [number, first] = [key, this.#keyAt(0)].map((each) => numberIn(each, this.#numbering));
    if (typeof number !== 'bigint' || typeof first !== 'bigint') return null;
    const index = Number(number - first);
    return index >= 0 && index < this.#numbering.samplesPerShard && this.#keyAt(index) === key ? index : null;
  }

  #keyAt(index: number): string {
    return sampleKey(this.#id, index, this.#numbering);
  }
}
