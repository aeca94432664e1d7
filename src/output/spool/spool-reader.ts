import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { outputError } from '../../core/errors.ts';
import { writeError } from '../store/write-error.ts';
import { readRanges } from './read-ranges.ts';
import { type PlaceArrays, SpoolIndex } from './spool-index.ts';
import { decodeRecord, type SettledSample } from './spool-record.ts';

/** What it takes to read a spool in another thread. */
export interface SpoolContents extends PlaceArrays {
  readonly path: string;
  /** Length of the file. */
  readonly bytes: number;
}

/** What is read at once of the rows that are probably asked for next, and of how many rows. */
const READ_AHEAD = { bytes: 2 ** 20, rows: 512 } as const;
const { O_RDONLY, O_NOFOLLOW } = constants;

/** Reads the samples of a spool, quickly where rows are asked for in their order. */
export class SpoolReader {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #places: SpoolIndex;
  /** Records that were read together, by their rows; null where the file has lost one. */
  #ahead: ReadonlyMap<number, Buffer | null> = new Map();

  constructor(path: string, handle: FileHandle, places: SpoolIndex) {
    this.#path = path;
    this.#handle = handle;
    this.#places = places;
  }

  /** Opens the file of a spool that another thread has written and does not change. */
  static async open(contents: SpoolContents): Promise<SpoolReader> {
    const { path } = contents;
    try {
      return new SpoolReader(path, await open(path, O_RDONLY | O_NOFOLLOW), SpoolIndex.from(contents));
    } catch (error) {
      throw writeError(path, error, 0);
    }
  }

  /** The sample of a row, whose record ends before `end`; null where there is none. */
  async read(row: number, end = Number.POSITIVE_INFINITY): Promise<SettledSample | null> {
    if (!this.#places.has(row)) return null;
    if (!this.#ahead.has(row)) this.#ahead = await this.#readAhead(row, end);
    const record = this.#ahead.get(row) ?? null;
    const sample = record && decodeRecord(record);
    if (sample !== null) return sample;
    const found = `the bytes from ${this.#places.of(row).offset} on are not those that were written`;
    const remedy = 'run the same command again, and what is lost is fetched again';
    throw outputError(`Cannot read back '${this.#path}': ${found}; ${remedy}`);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** The records of the row at `first` and of settled rows behind it, which may lie anywhere in the file up to `end`. */
  async #readAhead(first: number, end: number): Promise<Map<number, Buffer | null>> {
    const rows: number[] = [];
    let bytes = 0;
    for (let row = first; row < this.#places.rows && rows.length < READ_AHEAD.rows; row += 1) {
      const { offset, length } = this.#places.of(row);
      if (!this.#places.has(row) || offset >= end) continue;
      bytes += length;
      if (rows.length > 0 && bytes > READ_AHEAD.bytes) break;
      rows.push(row);
    }
    const records = await readRanges(
      this.#handle,
      rows.map((row) => this.#places.of(row)),
    );
    return new Map(rows.map((row, position) => [row, records[position] ?? null]));
  }
}
