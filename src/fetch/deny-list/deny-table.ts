import { hash } from 'node:crypto';

/**
 * What an entry of a deny list is: `url` and `host` match exactly, `domain` with all names below it. A digest is one of
 * the downloaded bytes or of the text of the URL.
 */
export const DENY_KINDS = ['url', 'host', 'domain', 'sha256', 'md5', 'url-sha256', 'url-md5'] as const;
export type DenyKind = (typeof DENY_KINDS)[number];

/** The entries as plain data, which threads share without a copy. */
export interface DenyTable {
  /** A hash of each entry, in ascending order, in shared memory. */
  readonly hashes: BigUint64Array;
  readonly counts: Readonly<Record<DenyKind, number>>;
}

/** 64 bits of a hash, which stand for an entry. */
export function hashOfEntry(kind: DenyKind, text: string): bigint {
  return hash('sha1', `${kind}:${text}`, 'buffer').readBigUInt64LE(0);
}

const ENTRIES_A_CHUNK = 2 ** 18;

/** Collects entries of deny lists; takes 8 bytes for each, and three times as much for a moment at the end. */
export class DenyTableBuilder {
  #chunks: BigUint64Array[] = [];
  /** Entries in the last chunk. */
  #filled = ENTRIES_A_CHUNK;
  readonly #counts = Object.fromEntries(DENY_KINDS.map((kind) => [kind, 0])) as Record<DenyKind, number>;

  get size(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  /** `text`: what `DenyList` compares: a `urlKey`, a lower-case host or domain, a digest in lower-case hexadecimal. */
  add(kind: DenyKind, text: string): void {
    if (this.#filled === ENTRIES_A_CHUNK) {
      this.#chunks.push(new BigUint64Array(ENTRIES_A_CHUNK));
      this.#filled = 0;
    }
    const chunk = this.#chunks.at(-1);
    if (chunk !== undefined) chunk[this.#filled] = hashOfEntry(kind, text);
    this.#filled += 1;
    this.#counts[kind] += 1;
  }

  finish(): DenyTable {
    const { size } = this;
    const hashes = new BigUint64Array(new SharedArrayBuffer(size * BigUint64Array.BYTES_PER_ELEMENT));
    const chunks = this.#chunks;
    this.#chunks = [];
    for (const [at, chunk] of chunks.entries()) {
      const from = at * ENTRIES_A_CHUNK;
      hashes.set(chunk.subarray(0, size - from), from);
    }
    hashes.sort();
    return { hashes, counts: this.#counts };
  }
}
