import { isUtf8 } from 'node:buffer';
import type { Column, Value } from '../../core/columns.ts';
import { typeName } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import { NOT_UTF8 } from '../file/encoding.ts';
import type { IndexRow, Lost, OpenOptions } from '../file/index-file.ts';
import { Notices } from '../file/notices.ts';
import { MAX_COLUMNS, rowsPerBatch } from '../file/row-limits.ts';
import type { Table } from '../file/sequential-file.ts';
import { decodeKey, keyLength, splitMembers } from './json-items.ts';
import { inferColumns } from './json-types.ts';
import {
  describeJson,
  fitJson,
  MISMATCH,
  parseJson,
  parseJsonLossless,
  parseLenient,
} from './json-values.ts';

/** The bytes of one JSON value that should be an object. */
export interface JsonRecord {
  /** Its name in messages: `line 7`, `record 7`. */
  readonly where: string;
  /** Null when it is longer than `MAX_RECORD_BYTES`. */
  readonly bytes: Buffer | null;
  /** Why it could not be read, if it is not its length. */
  readonly damage?: string;
}

/** A record may hold an image, which is left out before the record is parsed. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** Longer members are left out. Four times the limit of a row: an escape takes up to six bytes per character. */
const MAX_MEMBER_BYTES = 1024 * 1024;

/** Types are inferred from this many records, or from fewer if they are long. */
const HEAD_RECORDS = 1000;
const HEAD_BYTES = 4 * 1024 * 1024;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A table of JSON objects; `name` and `label` are the file and its format in messages. The columns are the keys of the
 * first 1,000 records. A key that first appears later is left out, a later value that does not fit the type of its column
 * is null, and so are NaN and infinities; `onNotice` hears of it. Bytes that are not UTF-8 become U+FFFD.
 * @throws UserError when none of these records is an object
 */
export async function parseRecords(
  batches: AsyncGenerator<readonly JsonRecord[]>,
  { name, label }: { readonly name: string; readonly label: string },
  { onNotice }: OpenOptions,
): Promise<Table> {
  const head = await readHead(batches);
  const notices = new Notices(name, onNotice);
  const sampled = head.slice(0, HEAD_RECORDS);
  const fail = (reason: string) => inputError(`Cannot read '${name}' as ${label}: ${reason}`);
  const reasons: string[] = [];
  // One at a time, because parsed objects take many times the bytes of their text.
  function* objects(): Generator<JsonObject> {
    for (const record of sampled) {
      const read = readObject(record, parseJsonLossless, notices);
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
  const noticeUnknown = (object: JsonObject, where: string): void => {
    for (const key of Object.keys(object)) {
      if (known.has(key)) continue;
      const what = `the key '${key}' is not in the first ${sampled.length} records; it is left out`;
      notices.tell(`key ${key}`, where, () => what);
    }
  };
  const read = (record: JsonRecord, wanted: readonly number[]): IndexRow => {
    const read = readObject(record, parseJson, notices);
    if ('unreadable' in read) return read;
    noticeUnknown(read.object, record.where);
    return toRow(read, columns, wanted, (column, found) => tellMisfit(notices, record.where, column, found));
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

interface ReadObject {
  readonly object: JsonObject;
  /** Keys whose values were left out before the record was parsed. */
  readonly large: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();
const TOO_LARGE = Symbol('too large');

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
  { where, bytes, damage }: JsonRecord,
  parse: (text: string) => unknown,
  notices: Notices,
): ReadObject | { readonly unreadable: string } {
  if (bytes === null) {
    return { unreadable: `${where}: ${damage ?? `longer than ${MAX_RECORD_BYTES / 1024 ** 2} MiB`}` };
  }
  const isLong = bytes.length > MAX_MEMBER_BYTES;
  const { kept, large } = isLong ? withoutLongMembers(bytes) : { kept: bytes, large: NONE };
  for (const key of large) notices.tellLarge(key, where);
  if (!isUtf8(kept)) {
    notices.tell('UTF-8', where, () => NOT_UTF8);
  }
  let value: unknown;
  try {
    value = parseLenient(kept.toString('utf8'), parse);
  } catch (error) {
    // A RangeError means that the stack is exhausted by deep nesting.
    const reason = error instanceof RangeError ? 'nested too deeply' : 'not valid JSON';
    return { unreadable: `${where}: ${reason}` };
  }
  const found = describeJson(value);
  return found === 'object'
    ? { object: value as JsonObject, large }
    : { unreadable: `${where}: expected an object, found ${found}` };
}

/** A record in which long members, such as an image in base64, are null; and the keys of these. */
function withoutLongMembers(bytes: Buffer): { readonly kept: Buffer; readonly large: ReadonlySet<string> } {
  const large = new Set<string>();
  const members = splitMembers(bytes);
  if (members === null) return { kept: bytes, large };
  const parts = members.flatMap((member) => {
    if (member.length <= MAX_MEMBER_BYTES) return [COMMA, member];
    const key = member.subarray(0, keyLength(member));
    large.add(decodeKey(key));
    return [COMMA, key, Buffer.from(':null')];
  });
  return { kept: Buffer.concat([Buffer.from('{'), ...parts.slice(1), Buffer.from('}')]), large };
}

const COMMA = Buffer.from(',');

function toRow(
  { object, large }: ReadObject,
  columns: readonly Column[],
  wanted: readonly number[],
  onMisfit: (column: Column, found: unknown) => void,
): IndexRow {
  const values: Value[] = new Array(columns.length).fill(null);
  let lost: Map<number, Lost> | null = null;
  for (const index of wanted) {
    const column = columns[index];
    if (column === undefined || !Object.hasOwn(object, column.name)) continue;
    const found = object[column.name];
    const value = large.has(column.name) ? TOO_LARGE : fitJson(found, column.type);
    if (value !== MISMATCH && value !== TOO_LARGE) {
      values[index] = value;
      continue;
    }
    lost ??= new Map();
    lost.set(index, value === MISMATCH ? 'misfit' : 'large');
    if (value === MISMATCH) onMisfit(column, found);
  }
  return lost === null ? { values } : { values, lost };
}

function tellMisfit(notices: Notices, where: string, { name, type }: Column, found: unknown): void {
  notices.tell(`misfit ${name}`, where, () => {
    const what = `expected ${typeName(type)} in the column '${name}', as in the first records, found ${describeJson(found)}`;
    return `${what}; such values are null`;
  });
}
