import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../util/files/read-exactly.ts';
import { type Container, keyLength, splitItems, splitList } from './json-items.ts';
import { type JsonRecord, MAX_RECORD_BYTES } from './json-records.ts';
import type { Member } from './json-scan.ts';

/** Bytes in memory for all columns together. */
const BUFFERED_BYTES = 1024 * 1024;
const MAX_PIECE_BYTES = 64 * 1024;
const MIN_PIECE_BYTES = 4 * 1024;
const ROWS_AT_A_TIME = 1000;

const NULL = Buffer.from('null');
/** Stands for a value that was not kept. */
const TOO_LONG = Buffer.alloc(0);
const COLON = 0x3a;

/** The bytes of a file between two positions. */
export async function* readRange(
  file: FileHandle,
  { start, end }: Pick<Member, 'start' | 'end'>,
  pieceBytes = MAX_PIECE_BYTES,
): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const piece = await readUpTo(file, at, Math.min(pieceBytes, end - at));
    if (piece.length === 0) return;
    yield piece;
    at += piece.length;
  }
}

/** The rows of an object of columns as records. A row of more than 16 MiB has no bytes. */
export async function* zipColumns(
  file: FileHandle,
  columns: readonly Member[],
  fail: (reason: string) => Error,
): AsyncGenerator<JsonRecord[]> {
  const share = Math.floor(BUFFERED_BYTES / Math.max(1, columns.length));
  const pieceBytes = Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, share));
  const maxItemBytes = Math.min(MAX_RECORD_BYTES, share * 64);
  const cursors = columns.map((column) => {
    const container: Container = column.kind === 'object' ? 'object' : 'list';
    const values = splitItems(readRange(file, column, pieceBytes), container, maxItemBytes, fail);
    return new Cursor(values, container);
  });
  const keys = columns.map(({ name }, index) =>
    Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
  );
  const rows = columns[0]?.items ?? 0;
  for (let row = 0; row < rows; ) {
    const records: JsonRecord[] = [];
    let bytes = 0;
    while (row < rows && records.length < ROWS_AT_A_TIME && bytes < BUFFERED_BYTES) {
      const parts: Buffer[] = [];
      let isWhole = true;
      for (const [index, cursor] of cursors.entries()) {
        const value = cursor.take() ?? (await cursor.read());
        isWhole &&= value !== TOO_LONG;
        parts.push(keys[index] ?? NULL, value);
      }
      row += 1;
      const record = isWhole ? joinRow(parts, row) : { where: `record ${row}`, bytes: null };
      bytes += record.bytes?.length ?? 0;
      records.push(record);
    }
    yield records;
  }
}

/** The values of one column, in order. */
class Cursor {
  readonly #batches: AsyncGenerator<JsonRecord[]>;
  readonly #container: Container;
  #batch: JsonRecord[] = [];
  #next = 0;

  constructor(batches: AsyncGenerator<JsonRecord[]>, container: Container) {
    this.#batches = batches;
    this.#container = container;
  }

  /** The next value if it has been read; else null. */
  take(): Buffer | null {
    const record = this.#batch[this.#next];
    if (record === undefined) return null;
    this.#next += 1;
    if (record.bytes === null) return TOO_LONG;
    return this.#container === 'object' ? memberValue(record.bytes) : record.bytes;
  }

  async read(): Promise<Buffer> {
    for (;;) {
      const value = this.take();
      if (value !== null) return value;
      const next = await this.#batches.next();
      if (next.done) return NULL;
      [this.#batch, this.#next] = [next.value, 0];
    }
  }
}

/** The members of an object as records: `"0": {"url": "a"}` is the row `{"url": "a"}`. */
export async function* membersAsRows(members: AsyncIterable<JsonRecord[]>): AsyncGenerator<JsonRecord[]> {
  for await (const batch of members) {
    yield batch.map(({ where, bytes }) => ({ where, bytes: bytes === null ? null : memberValue(bytes) }));
  }
}

/** Lists of values as records with these names. A list of another length stays as it is, and is no row. */
export async function* nameValues(
  lists: AsyncIterable<JsonRecord[]>,
  names: readonly string[],
): AsyncGenerator<JsonRecord[]> {
  const keys = names.map((name, index) => Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`));
  for await (const batch of lists) {
    yield batch.map((record) => {
      const values = record.bytes === null ? null : splitList(record.bytes);
      if (values === null || values.length !== keys.length) return record;
      const parts = values.flatMap((value, index) => [keys[index] ?? NULL, value]);
      return { ...record, bytes: joinRow(parts, 0).bytes };
    });
  }
}

const CLOSING = Buffer.from('}');

function joinRow(parts: readonly Buffer[], row: number): JsonRecord {
  const bytes = Buffer.concat([...parts, CLOSING]);
  return { where: `record ${row}`, bytes: bytes.length > MAX_RECORD_BYTES ? null : bytes };
}

/** The value of a member: what follows the colon after its key. */
function memberValue(member: Buffer): Buffer {
  return member.subarray(member.indexOf(COLON, keyLength(member)) + 1);
}
