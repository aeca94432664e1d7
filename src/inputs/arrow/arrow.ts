import type { FileHandle } from 'node:fs/promises';
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import type { Value } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import { valueBytes } from '../../core/value-bytes.ts';
import type { IndexRow, Lost, OpenFormat } from '../file/index-file.ts';
import { Notices } from '../file/notices.ts';
import { MAX_ROW_BYTES, rowsPerBatch } from '../file/row-limits.ts';
import { openSequential, type Pass } from '../file/sequential-file.ts';
import { openSourceFile } from '../file/source-file.ts';
import { type ArrowMapping, mapArrowType } from './arrow-types.ts';
import { registerArrowCodecs } from './codecs.ts';
import { ArrowRefusal } from './message.ts';
import { checkedSource } from './messages.ts';

/** A record batch may hold millions of rows, so it is returned in parts. */
const ROWS_PER_BATCH = 4096;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Arrow IPC, in its file format (also called Feather 2) or its stream format, one record batch in memory at a time. */
export const openArrow: OpenFormat = async (source, options) => {
  const notices = new Notices(source.name, options.onNotice);
  registerArrowCodecs();
  const fail = (error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    const reason =
      error instanceof ArrowRefusal ? detail : `it is damaged, cut short or not Arrow (${detail})`;
    return inputError(`Cannot read '${source.name}' as Arrow: ${reason}`, error);
  };

  const begin = async (): Promise<Pass> => {
    let file: FileHandle | undefined;
    try {
      file = await openSourceFile(source);
      const handle = file;
      const reader: RecordBatchReader = await openReader(await checkedSource(handle));
      await reader.open();
      const columns = reader.schema.fields.map(({ name, type }) => ({ name, mapping: mapArrowType(type) }));
      return {
        columns: columns.map(({ name, mapping }) => ({ name, type: mapping.type })),
        batches: (wanted) => readBatches(reader, columns, wanted, { fail, notices }),
        close: () => handle.close(),
      };
    } catch (error) {
      await file?.close();
      throw fail(error);
    }
  };
  return openSequential(source, begin, options);
};

interface ArrowColumn {
  readonly name: string;
  readonly mapping: ArrowMapping;
}

/** The library has one overload for each kind of source, but none for the union of both. */
async function openReader(source: FileHandle | AsyncIterable<Uint8Array>): Promise<RecordBatchReader> {
  return Symbol.asyncIterator in source ? RecordBatchReader.from(source) : RecordBatchReader.from(source);
}

async function* readBatches(
  reader: RecordBatchReader,
  columns: readonly ArrowColumn[],
  wanted: readonly number[],
  { fail, notices }: { readonly fail: (error: unknown) => Error; readonly notices: Notices },
): AsyncGenerator<IndexRow[]> {
  try {
    let read = 0;
    let rows = 0;
    for await (const batch of reader) {
      read += 1;
      yield* cutBatch(batch, columns, wanted, (position, row) =>
        notices.tellLarge(columns[position]?.name ?? '', `row ${rows + row + 1}`),
      );
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
  columns: readonly ArrowColumn[],
  wanted: readonly number[],
  onLost: (position: number, row: number) => void,
): Generator<IndexRow[]> {
  const most = Math.min(ROWS_PER_BATCH, rowsPerBatch(columns.length));
  let rows: IndexRow[] = [];
  let bytes = 0;
  for (let row = 0; row < batch.numRows; row += 1) {
    const { values, lost } = readRow(batch, row, columns, wanted);
    rows.push(lost.size === 0 ? { values } : { values, lost });
    for (const position of lost.keys()) onLost(position, row);
    bytes += valueBytes(values);
    if (rows.length < most && bytes < BATCH_BYTES) continue;
    yield rows;
    rows = [];
    bytes = 0;
  }
  if (rows.length > 0) yield rows;
}

const NO_ROOM = Symbol('no room');

/** The values of a row without those that are too large: they can be a thousand times as long as the file. */
function readRow(
  batch: RecordBatch,
  row: number,
  columns: readonly ArrowColumn[],
  wanted: readonly number[],
): { readonly values: readonly Value[]; readonly lost: ReadonlyMap<number, Lost> } {
  const lost = new Map<number, Lost>();
  const values: Value[] = new Array(columns.length).fill(null);
  const sizes: number[] = [];
  let total = 0;
  for (const index of wanted) {
    const [data, mapping] = [batch.data.children[index], columns[index]?.mapping];
    if (data === undefined || mapping === undefined) continue;
    const read = readValue(data, row, mapping);
    if (read === null) {
      lost.set(index, 'large');
      continue;
    }
    values[index] = read.value;
    sizes[index] = read.size;
    total += read.size;
    while (total > MAX_ROW_BYTES) {
      const largest = sizes.reduce((most, size, at) => (size > (sizes[most] ?? 0) ? at : most), index);
      total -= sizes[largest] ?? 0;
      sizes[largest] = 0;
      values[largest] = null;
      lost.set(largest, 'large');
    }
  }
  return { values, lost };
}

/** Null if the value alone exceeds `MAX_ROW_BYTES`. */
function readValue(
  data: Parameters<ArrowMapping['read']>[0],
  row: number,
  mapping: ArrowMapping,
): { readonly value: Value; readonly size: number } | null {
  let size = 0;
  const room = (bytes: number): void => {
    size += bytes;
    if (size > MAX_ROW_BYTES) throw NO_ROOM;
  };
  try {
    return { value: mapping.read(data, row, room), size };
  } catch (error) {
    if (error === NO_ROOM) return null;
    throw error;
  }
}
