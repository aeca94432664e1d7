import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../util/files/read-exactly.ts';
import { type ColumnChunk, count, LIMITS, type Refuse, type RowGroup } from './footer.ts';
import { ThriftEnd, ThriftError, ThriftReader } from './thrift.ts';

const MIB = 1024 * 1024;

/** Maximum uncompressed size of a page. */
const MAX_PAGE_BYTES = 256 * MIB;

/**
 * List items allowed in any chunk. A chunk with more needs short lists or enough bytes for its items. DuckDB holds all
 * items of a few thousand rows at once, and repeated items can take no bytes in the file.
 */
const PLAIN_ITEMS = 4 * MIB;
const MAX_ITEMS_PER_ROW = 64;
const MAX_ITEMS_PER_BYTE = 8;

/** Most headers fit `HEADER_BYTES`, but statistics can make them longer. */
const HEADER_BYTES = 256;
const MAX_HEADER_BYTES = MIB;

interface PageHeader {
  readonly headerBytes: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** 0 for a dictionary page. */
  readonly values: number;
}

/**
 * Checks the headers of pages before DuckDB reads them: DuckDB allocates the size that a page header declares, whatever
 * the footer declares for the whole chunk.
 */
export class PageGuard {
  readonly #file: FileHandle;
  readonly #groups: readonly RowGroup[];
  readonly #wanted: ReadonlySet<number>;
  readonly #refuse: Refuse;
  /** The next row group to check, and its first row. */
  #group = 0;
  #row = 0;

  /** `wanted`: positions of the requested columns. */
  constructor(file: FileHandle, groups: readonly RowGroup[], wanted: ReadonlySet<number>, refuse: Refuse) {
    this.#file = file;
    this.#groups = groups;
    this.#wanted = wanted;
    this.#refuse = refuse;
  }

  /**
   * Checks all pages of the row groups that begin before row `end` and end after row `from`. Resolves if all are valid.
   * @throws the error that `refuse` makes, which names the row group and column
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

  /** Checks all pages that DuckDB will read; it ignores the end of the chunk that the footer declares. */
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
