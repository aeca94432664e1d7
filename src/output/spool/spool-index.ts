import type { ByteRange } from './read-ranges.ts';

const UNSETTLED = -1;
/** Number of rows for which the first arrays have room. */
const LEAST_ROWS = 256;

/** The index of a spool in a form that can be sent to another thread. */
export interface RangeArrays {
  /** Position of each row's record in the file, by row of the shard; negative for a row without a record. */
  readonly offsets: Float64Array;
  /** Length of each row's record in bytes. */
  readonly lengths: Uint32Array;
}

/**
 * The byte range of each row's record in a spool's file. It grows with the rows, because a shard may be planned for
 * millions of rows and get only a hundred.
 */
export class SpoolIndex {
  readonly #most: number;
  #offsets: Float64Array = new Float64Array();
  #lengths: Uint32Array = new Uint32Array();

  /** `most`: the maximum number of rows of the shard. */
  constructor(most: number) {
    this.#most = most;
  }

  static from({ offsets, lengths }: RangeArrays): SpoolIndex {
    const index = new SpoolIndex(offsets.length);
    index.#offsets = offsets;
    index.#lengths = lengths;
    return index;
  }

  get arrays(): RangeArrays {
    return { offsets: this.#offsets, lengths: this.#lengths };
  }

  /** One more than the highest row that may have a record. */
  get rows(): number {
    return this.#offsets.length;
  }

  has(row: number): boolean {
    return (this.#offsets[row] ?? UNSETTLED) !== UNSETTLED;
  }

  of(row: number): ByteRange {
    return { offset: this.#offsets[row] ?? 0, length: this.#lengths[row] ?? 0 };
  }

  /** Returns false if the shard has no such row. */
  set(row: number, { offset, length }: ByteRange): boolean {
    if (row >= this.#most) return false;
    if (row >= this.rows) this.#growTo(Math.min(this.#most, Math.max(LEAST_ROWS, 2 * this.rows, row + 1)));
    this.#offsets[row] = offset;
    this.#lengths[row] = length;
    return true;
  }

  forget(row: number): void {
    this.#offsets[row] = UNSETTLED;
  }

  #growTo(rows: number): void {
    const offsets = new Float64Array(rows).fill(UNSETTLED);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    const lengths = new Uint32Array(rows);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
  }
}
