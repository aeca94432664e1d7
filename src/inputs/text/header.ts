import { isUtf8 } from 'node:buffer';
import { type Column, STRING } from '../../core/columns.ts';
import { MAX_COLUMNS } from '../file/row-limits.ts';
import type { DelimitedRecord } from './csv-records.ts';

/** More names than these are not spelled out in a message. */
const MAX_SUGGESTED = 40;

/** A URL, an address without its scheme, or the path of an image. A header has none of them. */
const URL_LIKE =
  /^(?:[a-z][a-z0-9+.-]*:)?\/\/\S|^www\.\S+\/|^\S+\/\S*\.(?:jpe?g|png|webp|gif|avif|bmp|tiff?)\b/i;

export const isUrlLike = (text: string): boolean => URL_LIKE.test(text.trim());

/**
 * The columns that the first record of a table names, and whether it is valid UTF-8.
 * @throws from `fail` when it is not a header
 */
export function readHeader(
  record: DelimitedRecord,
  fail: (reason: string) => Error,
): { readonly columns: readonly Column[]; readonly isValid: boolean } {
  if ('unreadable' in record) throw fail(record.unreadable);
  const fields = record.fields.map((field) => field.toString('utf8'));
  if (fields.some(isUrlLike)) {
    throw fail(
      `its first line holds a URL, so it is a row and not a header; name the columns with ${headerOption(fields)}`,
    );
  }
  const columns = toColumns(
    fields.map((name, index) => name || `column_${index + 1}`),
    fail,
  );
  return { columns, isValid: record.fields.every((field) => isUtf8(field)) };
}

/**
 * Columns numbered from 0, as Python counts them, if a column is wanted by its number and the first record holds a URL, so
 * that it is a row. Null otherwise.
 */
export function numberedColumns(
  record: DelimitedRecord | undefined,
  wanted: string | null | undefined,
): readonly Column[] | null {
  if (!/^\d+$/.test(wanted ?? '') || record === undefined || 'unreadable' in record) return null;
  if (!record.fields.some((field) => isUrlLike(field.toString('utf8')))) return null;
  return record.fields.map((_, index) => ({ name: String(index), type: STRING }));
}

function toColumns(names: readonly string[], fail: (reason: string) => Error): Column[] {
  if (names.length > MAX_COLUMNS) {
    throw fail(`the header has ${names.length} columns; at most ${MAX_COLUMNS} are read`);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    const hint = 'if the first line is a row, name the columns with --header';
    throw fail(`the header names the column '${twice}' twice; ${hint}`);
  }
  return names.map((name) => ({ name, type: STRING }));
}

/** The columns that `--header` names, for a table whose first records are these. */
export function namedColumns(
  names: readonly string[],
  records: readonly DelimitedRecord[],
  fail: (reason: string) => Error,
): Column[] {
  const [first] = records;
  const fits = (record: DelimitedRecord) => 'unreadable' in record || record.fields.length === names.length;
  if (first !== undefined && !('unreadable' in first) && !records.some(fits)) {
    const found = `its first line has ${first.fields.length} fields`;
    throw fail(
      `--header names ${names.length} columns, and ${found}; name each, or the character between them with --delimiter`,
    );
  }
  return toColumns(names, fail);
}

/** Whether a record has just these names, so that it is a header after all. */
export function isHeader(record: DelimitedRecord | undefined, names: readonly string[]): boolean {
  if (record === undefined || 'unreadable' in record || record.fields.length !== names.length) return false;
  return record.fields.every((field, index) => field.toString('utf8').trim() === names[index]);
}

/** The option to type for a table whose first record has these fields: `--header caption,url`. */
export function headerOption(fields: readonly string[]): string {
  if (fields.length > MAX_SUGGESTED) return `--header and a name for each of its ${fields.length} columns`;
  const urls = fields.filter(isUrlLike).length;
  const caption = captionOf(fields);
  const names = fields.map((field, index) => {
    if (isUrlLike(field)) return urls === 1 ? 'url' : `url_${index + 1}`;
    return index === caption ? 'caption' : `column_${index + 1}`;
  });
  return `--header ${names.join(',')}`;
}

/** Position of the field that is most likely a caption: the longest text. */
function captionOf(fields: readonly string[]): number {
  const lengths = fields.map((field) => (isUrlLike(field) || !/\p{L}/u.test(field) ? 0 : field.length));
  const longest = Math.max(...lengths);
  return longest === 0 ? -1 : lengths.indexOf(longest);
}
