import { isUtf8 } from 'node:buffer';
import type { Column, Value } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import { NOT_UTF8 } from '../file/encoding.ts';
import type { IndexRow, IndexSource, OpenFormat, OpenOptions } from '../file/index-file.ts';
import { Notices } from '../file/notices.ts';
import { PeekedBytes } from '../file/peeked-bytes.ts';
import { openText, type Table } from '../file/sequential-file.ts';
import { type DelimitedRecord, readCsvRecords } from './csv-records.ts';
import { type Delimiter, findDelimiter, toType } from './delimiter.ts';
import { isHeader, namedColumns, numberedColumns, readHeader } from './header.ts';
import { readTsvRecords } from './tsv-records.ts';

interface Dialect {
  /** Name in messages. */
  readonly label: string;
  /** The delimiter if the file does not look otherwise. */
  readonly delimiter: string;
}

const CSV: Dialect = { label: 'CSV', delimiter: ',' };
const TSV: Dialect = { label: 'TSV', delimiter: '\t' };
const TEXT: Dialect = { label: 'text', delimiter: '\t' };

/** A caption may span lines, but hardly more than this. */
const MAX_USUAL_LINES = 100;

export const openCsv: OpenFormat = (source, options) => open(source, CSV, options);
export const openTsv: OpenFormat = (source, options) => open(source, TSV, options);
/** A table in a file that is named as a text. */
export const openTextTable: OpenFormat = (source, options) => open(source, TEXT, options);

function open(source: IndexSource, dialect: Dialect, options: OpenOptions): ReturnType<OpenFormat> {
  const notices = new Notices(source.name, options.onNotice);
  return openText(source, options, (chunks) => parse(chunks, { source, dialect, options, notices }));
}

interface Reading {
  readonly source: IndexSource;
  readonly dialect: Dialect;
  readonly options: OpenOptions;
  readonly notices: Notices;
}

/**
 * The first record names the columns, unless `header` or their numbers do. Every value is a verbatim string, and an empty field is the
 * empty string: inferred types would depend on which rows are inspected.
 */
async function parse(chunks: AsyncIterable<Buffer>, reading: Reading): Promise<Table> {
  const { source, dialect, options, notices } = reading;
  const fail = (reason: string) => inputError(`Cannot read '${source.name}' as ${dialect.label}: ${reason}`);
  const header = options.header ?? null;
  const bytes = new PeekedBytes(chunks);
  const found = await chooseDelimiter(bytes, reading, fail);
  const batches = readRecords(bytes.chunks(), found, header?.length ?? null, fail);
  const start = await readStart(batches, found.isNamed ? 1 : 0);
  const [first, ...others] = start;
  if (header !== null) {
    const records = isHeader(first, header) ? others : start;
    return toTable(namedColumns(header, start, fail), records, batches, notices);
  }
  const numbered = numberedColumns(first, options.urlCol);
  if (numbered !== null) return toTable(numbered, start, batches, notices);
  if (first === undefined) return toTable([], [], batches, notices);
  const { columns, isValid } = readHeader(first, fail);
  if (!isValid) notices.tell('UTF-8 header', 'line 1', () => `the header is ${NOT_UTF8}`);
  return toTable(columns, others, batches, notices);
}

/** The first records after `skipped` others; none only if the file has no more. */
async function readStart(
  batches: AsyncGenerator<DelimitedRecord[]>,
  skipped: number,
): Promise<readonly DelimitedRecord[]> {
  const records: DelimitedRecord[] = [];
  while (records.length <= skipped) {
    const next = await batches.next();
    if (next.done) break;
    records.push(...next.value);
  }
  return records.slice(skipped);
}

function toTable(
  columns: readonly Column[],
  head: readonly DelimitedRecord[],
  batches: AsyncIterable<DelimitedRecord[]>,
  notices: Notices,
): Table {
  const toRows = (records: readonly DelimitedRecord[], wanted: readonly number[]) =>
    records.map((record) => {
      noticeLength(record, notices);
      return toRow(record, columns, wanted, notices);
    });
  return {
    columns,
    async *batches(wanted) {
      yield toRows(head, wanted);
      for await (const batch of batches) yield toRows(batch, wanted);
    },
  };
}

/** Tabs have a reader of their own, because programs that write them rarely quote their fields; spreadsheets do. */
function readRecords(
  chunks: AsyncIterable<Buffer>,
  { delimiter, isNamed }: Delimiter,
  width: number | null,
  fail: (reason: string) => Error,
): AsyncGenerator<DelimitedRecord[]> {
  if (delimiter === '\t' && !isNamed) return readTsvRecords(chunks, width, fail);
  return readCsvRecords(chunks, delimiter, fail);
}

async function chooseDelimiter(
  bytes: PeekedBytes,
  { dialect, options }: Reading,
  fail: (reason: string) => Error,
): Promise<Delimiter> {
  if (options.delimiter) return { delimiter: options.delimiter, isNamed: false };
  const width = options.header?.length ?? null;
  const found = await findDelimiter(bytes, { usual: dialect.delimiter, width });
  if (!('candidates' in found)) return found;
  const [first = dialect.delimiter] = found.candidates;
  const what = `its first line has no ${dialect.delimiter === '\t' ? 'tab' : `'${dialect.delimiter}'`}`;
  throw fail(
    `${what}, and it is unclear which other character is between its fields; name it: --delimiter ${toType(first)}`,
  );
}

function noticeLength(record: DelimitedRecord, notices: Notices): void {
  if ('unreadable' in record || record.lines <= MAX_USUAL_LINES) return;
  const what = `the record that starts here spans ${record.lines.toLocaleString('en-US')} lines`;
  notices.tell('lines', `line ${record.line}`, () => `${what}; a stray quote may join rows`);
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
      notices.tell(
        `UTF-8 ${index}`,
        `line ${line}`,
        () => `the column '${columns[index]?.name}' is ${NOT_UTF8}`,
      );
    }
    values[index] = field.toString('utf8');
  }
  return { values };
}
