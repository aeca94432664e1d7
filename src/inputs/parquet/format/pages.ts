import { readUpTo } from '../../../util/files/read-exactly.ts';
import type { SourceFile } from '../../file/source-file.ts';
import type { ColumnChunk, RowGroup } from './footer.ts';
import { count, type Refuse } from './schema.ts';
import { ThriftEnd, ThriftError, ThriftReader } from './thrift.ts';

const MIB = 1024 * 1024;

/** Maximum uncompressed size of a page. */
const MAX_PAGE_BYTES = 256 * MIB;

/** Uncompressed size allowed for any page, however small when compressed. DuckDB writes pages of 100 MB. */
const PLAIN_PAGE_BYTES = 128 * MIB;
/** A larger page may have at most this many times its compressed size. */
const MAX_RATIO = 1000;

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
/** Read at a time, since pages may be short. */
const WINDOW_BYTES = 32 * 1024;

interface PageHeader {
  readonly headerBytes: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** 0 for a dictionary page. */
  readonly values: number;
}

/**
 * Checks the headers of pages before DuckDB reads them: DuckDB allocates the size that a page header declares, whatever
 * the footer declares for the whole chunk. Pages of a remote file are fetched then, too.
 */
export class PageGuard {
  readonly #file: SourceFile;
  readonly #groups: readonly RowGroup[];
  readonly #wanted: ReadonlySet<number>;
  readonly #refuse: Refuse;
  /** Bytes of the file that were read last. */
  #window = { start: 0, bytes: Buffer.alloc(0) };
  /** The next row group to check, and its first row. */
  #group = 0;
  #row = 0;

  /** `wanted`: positions of the requested columns. */
  constructor(file: SourceFile, groups: readonly RowGroup[], wanted: ReadonlySet<number>, refuse: Refuse) {
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
      if (this.#row > from) await this.checkGroup(this.#group);
    }
  }

  /** Checks all pages of a row group and resolves to the chunks of its requested columns and their lengths in bytes. */
  async checkGroup(number: number): Promise<ReadonlyMap<ColumnChunk, number>> {
    const { rows, chunks } = this.#groups[number] ?? { rows: 0, chunks: [] };
    const lengths = new Map<ColumnChunk, number>();
    const wanted = chunks.filter(({ leaf }) => this.#wanted.has(leaf.column));
    const { fetch } = this.#file;
    // All chunks at once, as far as the footer is right.
    if (fetch)
      await Promise.all(wanted.map(({ start, compressedBytes }) => fetch(start, start + compressedBytes)));
    for (const chunk of wanted) lengths.set(chunk, await this.#checkChunk(chunk, rows));
    return lengths;
  }

  /**
   * Checks all pages that DuckDB will read; it ignores the end of the chunk that the footer declares. Returns the length
   * of the pages in bytes.
   */
  async #checkChunk(chunk: ColumnChunk, rows: number): Promise<number> {
    if (chunk.isEncrypted) {
      const [column] = chunk.leaf.names;
      throw this.#refuse(
        `the column '${column}' is encrypted; leave it out, with --columns if it is carried`,
      );
    }
    const needed = chunk.leaf.isRepeated ? Math.max(rows, chunk.values) : rows;
    let [at, seen] = [chunk.start, 0];
    while (seen < needed) {
      const page = await this.#readHeader(chunk, at);
      this.#checkPage(chunk, page);
      seen += page.values;
      at += page.headerBytes + page.compressedBytes;
    }
    await this.#file.fetch?.(chunk.start, at);
    const bytes = at - chunk.start;
    const most = Math.max(PLAIN_ITEMS, rows * MAX_ITEMS_PER_ROW, bytes * MAX_ITEMS_PER_BYTE);
    if (chunk.leaf.isRepeated && seen > most) {
      throw this.#refuse(
        `${this.#place(chunk)}: ${count(rows)} rows have ${count(seen)} items out of ${count(bytes)} bytes; ` +
          `at most ${count(most)} of such rows are read`,
      );
    }
    return bytes;
  }

  async #readHeader(chunk: ColumnChunk, at: number): Promise<PageHeader> {
    for (let length = HEADER_BYTES; ; length *= 16) {
      const bytes = this.#fromWindow(at, length) ?? (await this.#read(at, length));
      try {
        return parseHeader(bytes);
      } catch (error) {
        if (!(error instanceof ThriftError)) throw error;
        if (error instanceof ThriftEnd && length < MAX_HEADER_BYTES && bytes.length === length) continue;
        throw this.#refuse(`${this.#place(chunk)}: the header of a page is damaged: ${error.message}`);
      }
    }
  }

  #fromWindow(at: number, length: number): Buffer | null {
    const { start, bytes } = this.#window;
    const isInside = at >= start && at + length <= start + bytes.length;
    return isInside ? bytes.subarray(at - start, at - start + length) : null;
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const bytes = await readUpTo(this.#file, at, Math.max(length, WINDOW_BYTES));
    this.#window = { start: at, bytes };
    return bytes.subarray(0, length);
  }

  #checkPage(chunk: ColumnChunk, { uncompressedBytes, compressedBytes, values }: PageHeader): void {
    if (uncompressedBytes < 0 || compressedBytes < 0 || values < 0) {
      throw this.#refuse(`${this.#place(chunk)}: a page claims a negative length; it is damaged`);
    }
    const most = Math.min(MAX_PAGE_BYTES, Math.max(PLAIN_PAGE_BYTES, compressedBytes * MAX_RATIO));
    if (uncompressedBytes <= most) return;
    throw this.#refuse(
      `${this.#place(chunk)}: a page claims ${count(uncompressedBytes)} bytes out of ${count(compressedBytes)} ` +
        `compressed ones; at most ${count(most)} of such a page are read`,
    );
  }

  #place({ leaf, group }: ColumnChunk): string {
    return `row group ${group}, column '${leaf.names.join('.')}'`;
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
