import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { outputError } from '../../core/errors.ts';
import { writeError } from '../store/write-error.ts';
import { readRanges } from './read-ranges.ts';
import { type RangeArrays, SpoolIndex } from './spool-index.ts';
import { decodeRecord, type SettledSample } from './spool-record.ts';

/** What another thread needs to read a spool. */
export interface SpoolContents extends RangeArrays {
  readonly path: string;
  /** Length of the file. */
  readonly bytes: number;
}

/** Maximum read-ahead, in bytes and rows: the rows that follow will probably be needed next. */
const READ_AHEAD = { bytes: 2 ** 20, rows: 512 } as const;
const { O_RDONLY, O_NOFOLLOW } = constants;

/** Reads the samples of a spool. Fast if rows are read in order. */
export class SpoolReader {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #index: SpoolIndex;
  /** Records that were read together, by row; null for one that the file has lost. */
  #ahead: ReadonlyMap<number, Buffer | null> = new Map();

  constructor(path: string, handle: FileHandle, index: SpoolIndex) {
    this.#path = path;
    this.#handle = handle;
    this.#index = index;
  }

  /** Opens the file of a spool that another thread has written and no longer changes. */
  static async open(contents: SpoolContents): Promise<SpoolReader> {
    const { path } = contents;
    try {
      return new SpoolReader(path, await open(path, O_RDONLY | O_NOFOLLOW), SpoolIndex.from(contents));
    } catch (error) {
      throw writeError(path, error, 0);
    }
  }

  /** The sample of a row, whose record ends before `end`; null if there is none. */
  async read(row: number, end = Number.POSITIVE_INFINITY): Promise<SettledSample | null> {
    if (!this.#index.has(row)) return null;
    if (!this.#ahead.has(row)) this.#ahead = await this.#readAhead(row, end);
    const record = this.#ahead.get(row) ?? null;
    const sample = record && decodeRecord(record);
    if (sample !== null) return sample;
    const found = `the bytes from ${this.#index.of(row).offset} on differ from those that were written`;
    const remedy = 'run the same command again to fetch the lost rows';
    throw outputError(`Cannot read back '${this.#path}': ${found}; ${remedy}`);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** The records of row `first` and of settled rows after it, which may be anywhere in the file before `end`. */
  async #readAhead(first: number, end: number): Promise<Map<number, Buffer | null>> {
    const rows: number[] = [];
    let bytes = 0;
    for (let row = first; row < this.#index.rows && rows.length < READ_AHEAD.rows; row += 1) {
      const { offset, length } = this.#index.of(row);
      if (!this.#index.has(row) || offset >= end) continue;
      bytes += length;
      if (rows.length > 0 && bytes > READ_AHEAD.bytes) break;
      rows.push(row);
    }
    const records = await readRanges(
      this.#handle,
      rows.map((row) => this.#index.of(row)),
    );
    return new Map(rows.map((row, position) => [row, records[position] ?? null]));
  }
}
