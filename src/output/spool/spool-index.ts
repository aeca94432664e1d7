import type { Place } from './read-ranges.ts';

const UNSETTLED = -1;
/** Rows that there is room for from the first on. */
const LEAST_ROWS = 256;

/** The places of a spool in a form that goes from thread to thread. */
export interface PlaceArrays {
  /** Bytes from the start of the file, by the rows of the shard; below 0 for a row without a record. */
  readonly offsets: Float64Array;
  /** Bytes. */
  readonly lengths: Uint32Array;
}

/** Where in a spool's file the record of each row lies. It grows with the rows that come: a shard may be planned for millions and get a hundred. */
export class SpoolIndex {
  readonly #most: number;
  #offsets: Float64Array = new Float64Array();
  #lengths: Uint32Array = new Uint32Array();

  /** `most`: rows that the shard has at most. */
  constructor(most: number) {
    this.#most = most;
  }

  static from({ offsets, lengths }: PlaceArrays): SpoolIndex {
    const places = new SpoolIndex(offsets.length);
    places.#offsets = offsets;
    places.#lengths = lengths;
    return places;
  }

  get arrays(): PlaceArrays {
    return { offsets: this.#offsets, lengths: this.#lengths };
  }

  /** One more than the highest row that may have a record. */
  get rows(): number {
    return this.#offsets.length;
  }

  has(row: number): boolean {
    return (this.#offsets[row] ?? UNSETTLED) !== UNSETTLED;
  }

  of(row: number): Place {
    return { offset: this.#offsets[row] ?? 0, length: this.#lengths[row] ?? 0 };
  }

  /** False where the shard has no such row. */
  set(row: number, { offset, length }: Place): boolean {
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
