import { CsvError, parse } from 'csv-parse';

/** The undecoded fields of a record, its first line and number of lines; or why it could not be read. */
export type DelimitedRecord =
  | { readonly line: number; readonly lines: number; readonly fields: readonly Buffer[] }
  | { readonly unreadable: string };

const MAX_FIELD_BYTES = 16 * 1024 * 1024;

/**
 * The records of a CSV file, one batch per chunk. A quote that is not at the start of its field is an ordinary
 * character, as in Arrow and pandas. A quote that is never closed makes the rest of the file one unreadable record.
 * @param delimiter the character between fields
 * @param fail makes the error for a file that cannot be read further
 */
export async function* readCsvRecords(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
  fail: (reason: string) => Error,
): AsyncGenerator<DelimitedRecord[]> {
  let records: DelimitedRecord[] = [];
  let lastLine = 0;
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n'],
    encoding: null,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_FIELD_BYTES,
    // Returning null keeps records off the readable side, which would cost a promise per record.
    on_record: (record, { lines }) => {
      const fields = record as unknown as Buffer[];
      lastLine = lines;
      const newlines = countNewlines(fields);
      records.push({ line: lines - newlines, lines: newlines + 1, fields });
      return null;
    },
  });
  // Errors arrive through the callbacks of write and end; without a listener they would end the process.
  parser.on('error', () => {});

  const settle = async (send: (done: (error?: Error | null) => void) => void): Promise<void> => {
    try {
      await new Promise<void>((resolve, reject) => send((error) => (error ? reject(error) : resolve())));
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      if (error.code === 'CSV_MAX_RECORD_SIZE') {
        throw fail(`line ${lastLine + 1}: a field is longer than 16 MiB; a quote is probably never closed`);
      }
      records.push({
        unreadable: `line ${lastLine + 1}: a quote is opened and never closed, up to the last line, ${parser.info.lines}`,
      });
    }
  };

  for await (const chunk of chunks) {
    await settle((done) => parser.write(chunk, done));
    if (records.length > 0) yield records;
    records = [];
  }
  await settle((done) => parser.end(done));
  if (records.length > 0) yield records;
}

function countNewlines(fields: readonly Buffer[]): number {
  let count = 0;
  for (const field of fields) {
    for (let at = field.indexOf(0x0a); at !== -1; at = field.indexOf(0x0a, at + 1)) count += 1;
  }
  return count;
}
