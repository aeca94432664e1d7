import { type Line, splitLines } from '../../util/text/lines.ts';
import type { DelimitedRecord } from './csv-records.ts';

const [TAB, QUOTE, NEWLINE] = [0x09, 0x22, 0x0a];

const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** A field that spans more lines than this, or more bytes, is a stray quote and no field. */
const MAX_LINES = 100;
const MAX_JOINED_BYTES = 256 * 1024;

/**
 * The records of a TSV file, one batch per chunk. A quote at the start of a field may hold tabs and line breaks if the
 * record then has as many fields as the first one; otherwise it is an ordinary character, so that a stray quote joins no
 * rows. Blank lines are skipped.
 * @param width number of fields if it is known before the first record
 * @param fail makes the error for a file that cannot be read further
 */
export async function* readTsvRecords(
  chunks: AsyncIterable<Buffer>,
  width: number | null,
  fail: (reason: string) => Error,
): AsyncGenerator<DelimitedRecord[]> {
  const reader = new TsvReader(width);
  for await (const lines of splitLines(chunks, MAX_LINE_BYTES)) {
    const records: DelimitedRecord[] = [];
    for (const { number, bytes } of lines) {
      if (bytes === null) throw fail(`line ${number}: longer than 16 MiB`);
      reader.take({ number, bytes }, records);
    }
    if (records.length > 0) yield records;
  }
  const rest: DelimitedRecord[] = [];
  reader.end(rest);
  if (rest.length > 0) yield rest;
}

type TextLine = Line & { readonly bytes: Buffer };

class TsvReader {
  /** Fields of a record; null before the first one has been read. */
  #width: number | null;
  /** Lines of a record whose quoted field has not ended. */
  #open: TextLine[] = [];
  #openBytes = 0;

  constructor(width: number | null) {
    this.#width = width;
  }

  take(line: TextLine, records: DelimitedRecord[]): void {
    if (this.#open.length === 0) {
      this.#takeFirst(line, records);
      return;
    }
    this.#open.push(line);
    this.#openBytes += line.bytes.length + 1;
    // Only a line that may close a quote is worth parsing all lines again.
    const fields = mayClose(line.bytes) ? quotedFields(joined(this.#open)) : null;
    if (fields?.length === this.#width) {
      const [first] = this.#open;
      records.push({ line: first?.number ?? 0, lines: this.#open.length, fields: fields ?? [] });
      this.#open = [];
    } else if (this.#open.length >= MAX_LINES || this.#openBytes > MAX_JOINED_BYTES) this.#giveUp(records);
  }

  end(records: DelimitedRecord[]): void {
    while (this.#open.length > 0) this.#giveUp(records);
  }

  #takeFirst(line: TextLine, records: DelimitedRecord[]): void {
    const { number, bytes } = line;
    if (bytes.length === 0) return;
    const fields = startsQuoted(bytes) ? quotedFields(bytes) : splitAtTabs(bytes);
    if (fields !== null && (this.#width === null || fields.length === this.#width)) {
      this.#width ??= fields.length;
      records.push({ line: number, lines: 1, fields });
    } else if (fields === null && this.#width !== null) {
      this.#open = [line];
      this.#openBytes = bytes.length;
    } else this.#pushPlain(line, records);
  }

  /** The first of the open lines is a record by itself; the others are read anew. */
  #giveUp(records: DelimitedRecord[]): void {
    const [first, ...others] = this.#open;
    this.#open = [];
    if (first !== undefined) this.#pushPlain(first, records);
    for (const line of others) this.take(line, records);
  }

  #pushPlain({ number, bytes }: TextLine, records: DelimitedRecord[]): void {
    const fields = splitAtTabs(bytes);
    this.#width ??= fields.length;
    records.push({ line: number, lines: 1, fields });
  }
}

const startsQuoted = (line: Buffer): boolean => line[0] === QUOTE || line.includes('\t"');

const mayClose = (line: Buffer): boolean => line.at(-1) === QUOTE || line.includes('"\t');

function splitAtTabs(line: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let start = 0;
  for (let end = line.indexOf(TAB); end !== -1; end = line.indexOf(TAB, start)) {
    fields.push(line.subarray(start, end));
    start = end + 1;
  }
  fields.push(line.subarray(start));
  return fields;
}

/** The fields of a record in which quotes at the start of a field count; null if one of them is not closed. */
function quotedFields(record: Buffer): Buffer[] | null {
  const fields: Buffer[] = [];
  for (let at = 0; ; ) {
    const quoted = record[at] === QUOTE ? closingQuote(record, at + 1) : null;
    if (quoted === -1) return null;
    // What follows a closing quote is not a field's end: the quotes are ordinary characters.
    const isQuoted = quoted !== null && (quoted + 1 === record.length || record[quoted + 1] === TAB);
    const tab = record.indexOf(TAB, isQuoted ? quoted + 1 : at);
    const end = tab === -1 ? record.length : tab;
    fields.push(isQuoted ? unquote(record.subarray(at + 1, quoted)) : record.subarray(at, end));
    if (!isQuoted && record.subarray(at, end).includes(NEWLINE)) return null;
    if (tab === -1) return fields;
    at = tab + 1;
  }
}

/** Position of the quote that ends a field, -1 if there is none. A doubled quote stands for one. */
function closingQuote(record: Buffer, start: number): number {
  for (let at = record.indexOf(QUOTE, start); at !== -1; at = record.indexOf(QUOTE, at + 2)) {
    if (record[at + 1] !== QUOTE) return at;
  }
  return -1;
}

function unquote(field: Buffer): Buffer {
  return field.includes(QUOTE)
    ? Buffer.from(field.toString('latin1').replaceAll('""', '"'), 'latin1')
    : field;
}

const BREAK = Buffer.from('\n');

function joined(lines: readonly TextLine[]): Buffer {
  return Buffer.concat(lines.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [BREAK, bytes])));
}
