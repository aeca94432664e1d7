import { type FileHandle, open } from 'node:fs/promises';
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import type { Value } from '../core/columns.ts';
import { inputError } from '../core/errors.ts';
import { registerArrowCodecs } from './arrow-codecs.ts';
import { type ArrowMapping, mapArrowType } from './arrow-types.ts';
import type { IndexRow, OpenFormat } from './index-file.ts';
import { openPasses } from './passes.ts';
import { rowsPerBatch } from './row-limits.ts';

/** A record batch may hold millions of rows; it is handed on in parts. */
const ROWS_PER_BATCH = 4096;

/** Arrow IPC, in its file format (also called Feather 2) or its stream format, one record batch in memory at a time. */
export const openArrow: OpenFormat = async (source) => {
  registerArrowCodecs();
  const fail = (error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    return inputError(
      `Cannot read '${source.name}' as Arrow: it is damaged, cut short or no such file (${detail})`,
      error,
    );
  };

  return openPasses(source, async () => {
    let file: FileHandle | undefined;
    try {
      file = await open(source.path ?? '');
      const handle = file;
      const reader: RecordBatchReader = await RecordBatchReader.from(handle);
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

async function* readBatches(
  reader: RecordBatchReader,
  mappings: readonly ArrowMapping[],
  wanted: readonly number[],
  fail: (error: unknown) => Error,
): AsyncGenerator<IndexRow[]> {
  try {
    let read = 0;
    for await (const batch of reader) {
      read += 1;
      const length = Math.min(ROWS_PER_BATCH, rowsPerBatch(mappings.length));
      for (let start = 0; start < batch.numRows; start += length) {
        yield toRows(batch, start, Math.min(length, batch.numRows - start), mappings, wanted);
      }
    }
    // The library ends quietly at a record batch that the file's footer promises and that is not there.
    const promised = reader.numRecordBatches;
    if (read < promised) throw new Error(`expected ${promised} record batches, found ${read}`);
  } catch (error) {
    throw fail(error);
  }
}

function toRows(
  batch: RecordBatch,
  start: number,
  length: number,
  mappings: readonly ArrowMapping[],
  wanted: readonly number[],
): IndexRow[] {
  const rows = Array.from({ length }, (): Value[] => new Array(mappings.length).fill(null));
  for (const index of wanted) {
    const [data, mapping] = [batch.data.children[index], mappings[index]];
    if (data === undefined || mapping === undefined) continue;
    rows.forEach((values, row) => {
      values[index] = mapping.read(data, start + row);
    });
  }
  return rows.map((values) => ({ values }));
}
