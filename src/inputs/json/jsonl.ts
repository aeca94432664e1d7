import { splitLines } from '../../util/text/lines.ts';
import type { OpenFormat } from '../file/index-file.ts';
import { openText } from '../file/sequential-file.ts';
import { type JsonRecord, MAX_RECORD_BYTES, parseRecords } from './json-records.ts';

/** Each line is an object. Blank lines are skipped. */
export const openJsonl: OpenFormat = (source, options) =>
  openText(source, options, (chunks) =>
    parseRecords(readLines(chunks), { name: source.name, label: 'JSON Lines' }, options),
  );

/** The lines that are not blank. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonRecord[]> {
  for await (const lines of splitLines(chunks, MAX_RECORD_BYTES)) {
    yield lines
      .filter(({ bytes }) => bytes === null || !isBlank(bytes))
      .map(({ number, bytes }) => ({ where: `line ${number}`, bytes }));
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}
