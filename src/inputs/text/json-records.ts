import { isUtf8 } from 'node:buffer';
import type { Column, Value } from '../../core/columns.ts';
import { typeName } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import type { IndexRow, OpenOptions } from '../file/index-file.ts';
import { MAX_COLUMNS, rowsPerBatch } from '../file/row-limits.ts';
import type { Table } from '../file/sequential-file.ts';
import { inferColumns } from './json-types.ts';
import { describeJson, fitJson, MISMATCH, parseJson, parseJsonLossless } from './json-values.ts';

/** The bytes of one JSON value that should be an object. */
export interface JsonRecord {
  /** Its name in messages: `line 7`, `record 7`. */
  readonly where: string;
  /** Null when it is longer than `MAX_RECORD_BYTES`. */
  readonly bytes: Buffer | null;
}

/** Four times the limit of a row: an escape takes up to six bytes per character. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** Types are inferred from this many records, or from fewer if they are long. */
const HEAD_RECORDS = 1000;
const HEAD_BYTES = 4 * 1024 * 1024;

const MAX_NOTICES = 20;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A table of JSON objects; `name` and `label` are the file and its format in messages. The columns are the keys of the
 * first 1,000 records. A key that first appears later is reported to `onNotice` and left out. A later value that does
 * not fit the type of its column makes the row unreadable.
 * @throws UserError when none of these records is an object
 */
export async function parseRecords(
  batches: AsyncGenerator<readonly JsonRecord[]>,
  { name, label }: { readonly name: string; readonly label: string },
  { onNotice = () => {} }: OpenOptions,
): Promise<Table> {
  const head = await readHead(batches);
  const sampled = head.slice(0, HEAD_RECORDS);
  const fail = (reason: string) => inputError(`Cannot read '${name}' as ${label}: ${reason}`);
  const reasons: string[] = [];
  // One at a time, because parsed objects take many times the bytes of their text.
  function* objects(): Generator<JsonObject> {
    for (const record of sampled) {
      const read = readObject(record, parseJsonLossless);
      if ('unreadable' in read) reasons.push(read.unreadable);
      else yield read.object;
    }
  }
  const columns = inferColumns(objects());
  if (columns.length > MAX_COLUMNS) {
    throw fail(`its first records have ${columns.length} keys; at most ${MAX_COLUMNS} columns are read`);
  }
  const [reason] = reasons;
  if (reason !== undefined && reasons.length === sampled.length) throw fail(reason);
  const known = new Set(columns.map(({ name }) => name));
  const noticed = new Set<string>();
  const noticeUnknown = (object: JsonObject, where: string): void => {
    for (const key of Object.keys(object)) {
      if (known.has(key) || noticed.has(key) || noticed.size >= MAX_NOTICES) continue;
      noticed.add(key);
      onNotice(
        `'${name}', ${where}: the key '${key}' is not in the first ${sampled.length} records; it is left out`,
      );
    }
  };
  const read = (record: JsonRecord, wanted: readonly number[]): IndexRow => {
    const read = readObject(record, parseJson);
    if ('unreadable' in read) return read;
    noticeUnknown(read.object, record.where);
    return toRow(read.object, record.where, columns, wanted);
  };
  const perBatch = rowsPerBatch(columns.length);
  function* toRows(records: readonly JsonRecord[], wanted: readonly number[]): Generator<IndexRow[]> {
    for (let start = 0; start < records.length; start += perBatch) {
      yield records.slice(start, start + perBatch).map((record) => read(record, wanted));
    }
  }
  return {
    columns,
    async *batches(wanted) {
      yield* toRows(head, wanted);
      for await (const batch of batches) yield* toRows(batch, wanted);
    },
  };
}

async function readHead(batches: AsyncGenerator<readonly JsonRecord[]>): Promise<JsonRecord[]> {
  const head: JsonRecord[] = [];
  let bytes = 0;
  while (head.length < HEAD_RECORDS && bytes < HEAD_BYTES) {
    const next = await batches.next();
    if (next.done) break;
    for (const record of next.value) {
      head.push(record);
      bytes += record.bytes?.length ?? 0;
    }
  }
  return head;
}

function readObject(
  { where, bytes }: JsonRecord,
  parse: (text: string) => unknown,
): { readonly object: JsonObject } | { readonly unreadable: string } {
  if (bytes === null) return { unreadable: `${where}: longer than 1 MiB` };
  if (!isUtf8(bytes)) return { unreadable: `${where}: not valid UTF-8` };
  let value: unknown;
  try {
    value = parse(bytes.toString('utf8'));
  } catch (error) {
    // A RangeError means that the stack is exhausted by deep nesting.
    const reason = error instanceof RangeError ? 'nested too deeply' : 'not valid JSON';
    return { unreadable: `${where}: ${reason}` };
  }
  const found = describeJson(value);
  return found === 'object'
    ? { object: value as JsonObject }
    : { unreadable: `${where}: expected an object, found ${found}` };
}

function toRow(
  object: JsonObject,
  where: string,
  columns: readonly Column[],
  wanted: readonly number[],
): IndexRow {
  const values: Value[] = new Array(columns.length).fill(null);
  for (const index of wanted) {
    const column = columns[index];
    if (column === undefined || !Object.hasOwn(object, column.name)) continue;
    const found = object[column.name];
    const value = fitJson(found, column.type);
    if (value === MISMATCH) {
      const expected = typeName(column.type);
      return {
        unreadable: `${where}: column '${column.name}': expected ${expected}, found ${describeJson(found)}`,
      };
    }
    values[index] = value;
  }
  return { values };
}
