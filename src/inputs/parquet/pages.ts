import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../util/files/read-exactly.ts';
import { type ColumnChunk, count, LIMITS, type Refuse, type RowGroup } from './footer.ts';
import { ThriftEnd, ThriftError, ThriftReader } from './thrift.ts';

const MIB = 1024 * 1024;

/** Uncompressed bytes that no page may exceed. */
const MAX_PAGE_BYTES = 256 * MIB;

/**
 * Items that the lists of a chunk may have in any case; with more, they must be short or take room. DuckDB holds all
 * items of some thousand rows at once, and the repetition of a list takes no bytes.
 */
const PLAIN_ITEMS = 4 * MIB;
const MAX_ITEMS_PER_ROW = 64;
const MAX_ITEMS_PER_BYTE = 8;

/** Most headers are shorter than the first; statistics in them may be long. */
const HEADER_BYTES = 256;
const MAX_HEADER_BYTES = MIB;

interface PageHeader {
  readonly headerBytes: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** 0 for the page of a dictionary. */
  readonly values: number;
}

/**
 * Checks the headers of the pages that are about to be read: DuckDB allocates as much memory for a page as its header
 * claims, whatever the footer says of the whole chunk.
 */
export class PageGuard {
  readonly #file: FileHandle;
  readonly #groups: readonly RowGroup[];
  readonly #wanted: ReadonlySet<number>;
  readonly #refuse: Refuse;
  /** The next row group to look at, and its first row. */
  #group = 0;
  #row = 0;

  /** `wanted`: positions of the columns that are read. */
  constructor(file: FileHandle, groups: readonly RowGroup[], wanted: ReadonlySet<number>, refuse: Refuse) {
    this.#file = file;
    this.#groups = groups;
    this.#wanted = wanted;
    this.#refuse = refuse;
  }

  /**
   * Resolves when all pages of row groups that begin before the row `end`, and do not end before `from`, are intact.
   * @throws what `refuse` makes, naming row group and column
   */
  async check(from: number, end: number): Promise<void> {
    for (; this.#row < end; this.#group += 1) {
      const group = this.#groups[this.#group];
      if (group === undefined) return;
      this.#row += group.rows;
      if (this.#row <= from) continue;
      for (const chunk of group.chunks) {
        if (this.#wanted.has(chunk.column)) await this.#checkChunk(chunk, group.rows);
      }
    }
  }

  /** As far as DuckDB will read, which does not care where the footer says that the chunk ends. */
  async #checkChunk(chunk: ColumnChunk, rows: number): Promise<void> {
    const needed = chunk.isRepeated ? Math.max(rows, chunk.values) : rows;
    let [at, seen] = [chunk.start, 0];
    while (seen < needed) {
      const page = await this.#readHeader(chunk, at);
      this.#checkPage(chunk, page);
      seen += page.values;
      at += page.headerBytes + page.compressedBytes;
    }
    const bytes = at - chunk.start;
    const most = Math.max(PLAIN_ITEMS, rows * MAX_ITEMS_PER_ROW, bytes * MAX_ITEMS_PER_BYTE);
    if (chunk.isRepeated && seen > most) {
      throw this.#refuse(
        `${this.#place(chunk)}: ${count(rows)} rows have ${count(seen)} items out of ${count(bytes)} bytes; ` +
          `at most ${count(most)} of such rows are read`,
      );
    }
  }

  async #readHeader(chunk: ColumnChunk, at: number): Promise<PageHeader> {
    for (let length = HEADER_BYTES; ; length *= 16) {
      const bytes = await readUpTo(this.#file, at, length);
      try {
        return parseHeader(bytes);
      } catch (error) {
        if (!(error instanceof ThriftError)) throw error;
        if (error instanceof ThriftEnd && length < MAX_HEADER_BYTES && bytes.length === length) continue;
        throw this.#refuse(`${this.#place(chunk)}: the header of a page is damaged: ${error.message}`);
      }
    }
  }

  #checkPage(chunk: ColumnChunk, { uncompressedBytes, compressedBytes, values }: PageHeader): void {
    if (uncompressedBytes < 0 || compressedBytes < 0 || values < 0) {
      throw this.#refuse(`${this.#place(chunk)}: a page claims a negative length; it is damaged`);
    }
    const most = Math.min(MAX_PAGE_BYTES, Math.max(LIMITS.plainBytes, compressedBytes * LIMITS.ratio));
    if (uncompressedBytes <= most) return;
    throw this.#refuse(
      `${this.#place(chunk)}: a page claims ${count(uncompressedBytes)} bytes out of ${count(compressedBytes)} ` +
        `compressed ones; at most ${count(most)} of such a page are read`,
    );
  }

  #place({ names }: ColumnChunk): string {
    return `row group ${this.#group}, column '${names.join('.')}'`;
  }
}

function parseHeader(bytes: Buffer): PageHeader {
  const reader = new ThriftReader(bytes);
  let [uncompressedBytes, compressedBytes, values] = [0, 0, 0];
  const readValues = (type: number): void =>
    reader.struct(type, {
      1: (type) => {
        values = reader.integer(type);
      },
    });
  reader.top({
    2: (type) => {
      uncompressedBytes = reader.integer(type);
    },
    3: (type) => {
      compressedBytes = reader.integer(type);
    },
    5: readValues,
    8: readValues,
  });
  return { headerBytes: reader.at, compressedBytes, uncompressedBytes, values };
}
