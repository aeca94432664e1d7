import { type FileHandle, open } from 'node:fs/promises';
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import type { Value } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import { valueBytes } from '../../core/value-bytes.ts';
import type { IndexRow, OpenFormat } from '../file/index-file.ts';
import { longRow, MAX_ROW_BYTES, rowsPerBatch } from '../file/row-limits.ts';
import { openSequential } from '../file/sequential-file.ts';
import { type ArrowMapping, mapArrowType } from './arrow-types.ts';
import { registerArrowCodecs } from './codecs.ts';
import { checkedSource } from './messages.ts';

/** A record batch may hold millions of rows, so it is returned in parts. */
const ROWS_PER_BATCH = 4096;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Arrow IPC, in its file format (also called Feather 2) or its stream format, one record batch in memory at a time. */
export const openArrow: OpenFormat = async (source) => {
  registerArrowCodecs();
  const fail = (error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    return inputError(
      `Cannot read '${source.name}' as Arrow: it is damaged, cut short or not Arrow (${detail})`,
      error,
    );
  };

  return openSequential(source, async () => {
    let file: FileHandle | undefined;
    try {
      file = await open(source.path ?? '');
      const handle = file;
      const reader: RecordBatchReader = await openReader(await checkedSource(handle));
      await reader.open();
      const columns = reader.schema.fields.map(({ name, type }) => ({ name, mapping: mapArrowType(type) }));
      return {
        columns: columns.map(({ name, mapping }) => ({ name, type: mapping.type })),
        batches: (wanted) =>
          readBatches(
            reader,
            columns.map(({ mapping }) => mapping),
            wanted,
            fail,
          ),
        close: () => handle.close(),
      };
    } catch (error) {
      await file?.close();
      throw fail(error);
    }
  });
};

/** The library has one overload for each kind of source, but none for the union of both. */
async function openReader(source: FileHandle | AsyncIterable<Uint8Array>): Promise<RecordBatchReader> {
  return Symbol.asyncIterator in source ? RecordBatchReader.from(source) : RecordBatchReader.from(source);
}

async function* readBatches(
  reader: RecordBatchReader,
  mappings: readonly ArrowMapping[],
  wanted: readonly number[],
  fail: (error: unknown) => Error,
): AsyncGenerator<IndexRow[]> {
  try {
    let read = 0;
    let rows = 0;
    for await (const batch of reader) {
      read += 1;
      yield* cutBatch(batch, mappings, wanted, rows);
      rows += batch.numRows;
    }
    // The library ends without an error if the file lacks a record batch that its footer lists.
    const promised = reader.numRecordBatches;
    if (read < promised) throw new Error(`expected ${promised} record batches, found ${read}`);
  } catch (error) {
    throw fail(error);
  }
}

/** The rows of a batch, in parts of bounded size: thousands may share one long value. */
function* cutBatch(
  batch: RecordBatch,
  mappings: readonly ArrowMapping[],
  wanted: readonly number[],
  before: number,
): Generator<IndexRow[]> {
  const most = Math.min(ROWS_PER_BATCH, rowsPerBatch(mappings.length));
  let rows: IndexRow[] = [];
  let bytes = 0;
  for (let row = 0; row < batch.numRows; row += 1) {
    const values = readRow(batch, row, mappings, wanted);
    rows.push(values === null ? { unreadable: longRow(`row ${before + row + 1}`) } : { values });
    bytes += values === null ? 0 : valueBytes(values);
    if (rows.length < most && bytes < BATCH_BYTES) continue;
    yield rows;
    rows = [];
    bytes = 0;
  }
  if (rows.length > 0) yield rows;
}

const NO_ROOM = Symbol('no room');

/** Null if the row exceeds `MAX_ROW_BYTES`: its values can be a thousand times as long as the file. */
function readRow(
  batch: RecordBatch,
  row: number,
  mappings: readonly ArrowMapping[],
  wanted: readonly number[],
): Value[] | null {
  const values: Value[] = new Array(mappings.length).fill(null);
  let left = MAX_ROW_BYTES;
  const room = (bytes: number): void => {
    left -= bytes;
    if (left < 0) throw NO_ROOM;
  };
  try {
    for (const index of wanted) {
      const [data, mapping] = [batch.data.children[index], mappings[index]];
      if (data !== undefined && mapping !== undefined) values[index] = mapping.read(data, row, room);
    }
  } catch (error) {
    if (error === NO_ROOM) return null;
    throw error;
  }
  return values;
}
