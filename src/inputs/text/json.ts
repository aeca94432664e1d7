import { inputError } from '../../core/errors.ts';
import type { IndexSource, OpenFormat } from '../file/index-file.ts';
import { openText } from '../file/sequential-file.ts';
import { splitJsonArray } from './json-array.ts';
import { MAX_RECORD_BYTES, parseRecords } from './json-records.ts';

/** One array of objects. It is split into its elements while it is read, so its size does not matter. */
export const openJson: OpenFormat = (source, options) =>
  openText(source, (chunks) => {
    const records = splitJsonArray(chunks, MAX_RECORD_BYTES, (reason) => fail(source, reason));
    return parseRecords(records, { name: source.name, label: 'JSON' }, options);
  });

function fail(source: IndexSource, reason: string): Error {
  return inputError(
    `Cannot read '${source.name}' as JSON: ${reason}; expected one array of objects, [{...}, {...}] ` +
      "(pandas writes it with orient='records'); for an object a line use --input-format jsonl",
  );
}
