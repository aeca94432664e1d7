import { isUtf8 } from 'node:buffer';
import { type Column, STRING, type Value } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import type { IndexRow, IndexSource, OpenFormat, OpenOptions } from '../file/index-file.ts';
import { Notices } from '../file/notices.ts';
import { MAX_COLUMNS } from '../file/row-limits.ts';
import { openText, type Table } from '../file/sequential-file.ts';
import { type DelimitedRecord, readCsvRecords } from './csv-records.ts';
import { readTsvRecords } from './tsv-records.ts';

interface Dialect {
  /** Name in messages. */
  readonly label: string;
  readonly readRecords: (
    chunks: AsyncIterable<Buffer>,
    fail: (reason: string) => Error,
  ) => AsyncGenerator<DelimitedRecord[]>;
}

const CSV: Dialect = { label: 'CSV', readRecords: readCsvRecords };
const TSV: Dialect = { label: 'TSV', readRecords: readTsvRecords };

/** A caption may span lines, but hardly more than this. */
const MAX_USUAL_LINES = 100;

export const openCsv: OpenFormat = (source, options) => open(source, CSV, options);
export const openTsv: OpenFormat = (source, options) => open(source, TSV, options);

function open(source: IndexSource, dialect: Dialect, options: OpenOptions): ReturnType<OpenFormat> {
  const notices = new Notices(source.name, options.onNotice);
  const noticeLength = (record: DelimitedRecord): void => {
    if ('unreadable' in record || record.lines <= MAX_USUAL_LINES) return;
    const what = `the record that starts here spans ${record.lines.toLocaleString('en-US')} lines`;
    notices.tell('lines', `line ${record.line}`, () => `${what}; a stray quote may join rows`);
  };
  return openText(source, options, (chunks) =>
    parse(chunks, source, dialect, { notices, onRecord: noticeLength }),
  );
}

/**
 * The first record names the columns. Every value is a verbatim string, and an empty field is the empty string: inferred
 * types would depend on which rows are inspected.
 */
async function parse(
  chunks: AsyncIterable<Buffer>,
  source: IndexSource,
  dialect: Dialect,
  { notices, onRecord }: { readonly notices: Notices; readonly onRecord: (record: DelimitedRecord) => void },
): Promise<Table> {
  const fail = (reason: string) => inputError(`Cannot read '${source.name}' as ${dialect.label}: ${reason}`);
  const batches = dialect.readRecords(chunks, fail);
  const first = await batches.next();
  const [header, ...records] = first.done ? [] : first.value;
  const columns = header === undefined ? [] : readHeader(header, fail);
  const toRows = (records: readonly DelimitedRecord[], wanted: readonly number[]) =>
    records.map((record) => {
      onRecord(record);
      return toRow(record, columns, wanted, notices);
    });
  return {
    columns,
    async *batches(wanted) {
      yield toRows(records, wanted);
      for await (const batch of batches) yield toRows(batch, wanted);
    },
  };
}

function readHeader(header: DelimitedRecord, fail: (reason: string) => Error): Column[] {
  if ('unreadable' in header) throw fail(header.unreadable);
  if (!header.fields.every((field) => isUtf8(field))) throw fail(`the header is not valid UTF-8`);
  const names = header.fields.map((field, index) => field.toString('utf8') || `column_${index + 1}`);
  if (names.length > MAX_COLUMNS) {
    throw fail(`the header has ${names.length} columns; at most ${MAX_COLUMNS} are read`);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw fail(`the header names the column '${twice}' twice`);
  return names.map((name) => ({ name, type: STRING }));
}

function toRow(
  record: DelimitedRecord,
  columns: readonly Column[],
  wanted: readonly number[],
  notices: Notices,
): IndexRow {
  if ('unreadable' in record) return record;
  const { line, fields } = record;
  if (fields.length !== columns.length) {
    return { unreadable: `line ${line}: expected ${columns.length} fields, found ${fields.length}` };
  }
  const values: Value[] = new Array(columns.length).fill(null);
  for (const index of wanted) {
    const field = fields[index];
    if (field === undefined) continue;
    if (!isUtf8(field)) {
      const what = `the column '${columns[index]?.name}' is not valid UTF-8; what is invalid becomes U+FFFD`;
      notices.tell(`UTF-8 ${index}`, `line ${line}`, () => what);
    }
    values[index] = field.toString('utf8');
  }
  return { values };
}
