import { hash } from 'node:crypto';
import { NumberSet } from './number-set.ts';

/** Maximum hashes kept: 16 MB. The error beyond them is about 0.2 %. */
const MAX_HASHES = 2 ** 20;
/** Hexadecimal digits that a JavaScript number holds exactly, and how many values they have. */
const DIGITS = 12;
const HASHES = 16 ** DIGITS;

export interface Distinct {
  readonly count: number;
  /** Twice the standard error; 0 if the count is exact. */
  readonly margin: number;
}

/**
 * Counts distinct texts in bounded memory: exactly while there are few; then by the texts whose hash is below a threshold,
 * which halves whenever there are too many. A text is either always in the sample or never.
 */
export class DistinctCount {
  readonly #most: number;
  readonly #hashes = new NumberSet();
  #threshold = HASHES;

  constructor(most = MAX_HASHES) {
    this.#most = most;
  }

  add(text: string): void {
    this.addDigest(Number.parseInt(hash('sha1', text).slice(0, DIGITS), 16));
  }

  /** Adds a text by the number that the first 12 hexadecimal digits of its sha1 are. */
  addDigest(value: number): void {
    if (value >= this.#threshold) return;
    this.#hashes.add(value);
    while (this.#hashes.size > this.#most) this.#thin();
  }

  /** The hexadecimal digits that a sha1 must be below to count; null if all count. */
  get bound(): string | null {
    return this.#threshold === HASHES ? null : this.#threshold.toString(16).padStart(DIGITS, '0');
  }

  get result(): Distinct {
    const count = Math.round(this.#hashes.size * (HASHES / this.#threshold));
    if (this.#threshold === HASHES) return { count, margin: 0 };
    return { count, margin: Math.ceil((2 * count) / Math.sqrt(Math.max(1, this.#hashes.size))) };
  }

  #thin(): void {
    this.#threshold /= 2;
    this.#hashes.keep((value) => value < this.#threshold);
  }
}
