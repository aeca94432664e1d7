import { isUtf8 } from 'node:buffer';
import { type Column, STRING, type Value } from '../core/columns.ts';
import { inputError } from '../core/errors.ts';
import { type DelimitedRecord, type Dialect, readRecords } from './delimited-records.ts';
import type { IndexRow, IndexSource, OpenFormat } from './index-file.ts';
import { openText, type Table } from './passes.ts';

const CSV: Dialect = { label: 'CSV', delimiter: ',', quote: '"' };
/** In TSV a quote is a character like any other. */
const TSV: Dialect = { label: 'TSV', delimiter: '\t', quote: null };

export const openCsv: OpenFormat = (source) => openText(source, (chunks) => parse(chunks, source, CSV));
export const openTsv: OpenFormat = (source) => openText(source, (chunks) => parse(chunks, source, TSV));

/**
 * The first record names the columns. Every value is a string, verbatim, an empty field the empty string: guessed types
 * would depend on which rows are looked at.
 */
async function parse(chunks: AsyncIterable<Buffer>, source: IndexSource, dialect: Dialect): Promise<Table> {
  const fail = (reason: string) => inputError(`Cannot read '${source.name}' as ${dialect.label}: ${reason}`);
  const batches = readRecords(chunks, dialect, fail);
  const first = await batches.next();
  const [header, ...records] = first.done ? [] : first.value;
  const columns = header === undefined ? [] : readHeader(header, fail);
  const toRows = (records: readonly DelimitedRecord[], wanted: readonly number[]) =>
    records.map((record) => toRow(record, columns, wanted));
  return {
    columns,
    async *batches(wanted) {
      yield toRows(records, wanted);
      for await (const batch of batches) yield toRows(batch, wanted);
    },
  };
}

function readHeader(header: DelimitedRecord, fail: (reason: string) => Error): Column[] {
  if ('fault' in header) throw fail(header.fault);
  if (!header.fields.every((field) => isUtf8(field))) throw fail(`the header is not valid UTF-8`);
  const names = header.fields.map((field, index) => field.toString('utf8') || `column_${index + 1}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw fail(`the header names the column '${twice}' twice`);
  return names.map((name) => ({ name, type: STRING }));
}

function toRow(record: DelimitedRecord, columns: readonly Column[], wanted: readonly number[]): IndexRow {
  if ('fault' in record) return record;
  const { line, fields } = record;
  if (fields.length !== columns.length) {
    return { fault: `line ${line}: expected ${columns.length} fields, found ${fields.length}` };
  }
  const values: Value[] = new Array(columns.length).fill(null);
  for (const index of wanted) {
    const field = fields[index];
    if (field === undefined || !isUtf8(field)) {
      return { fault: `line ${line}: column '${columns[index]?.name}' is not valid UTF-8` };
    }
    values[index] = field.toString('utf8');
  }
  return { values };
}
