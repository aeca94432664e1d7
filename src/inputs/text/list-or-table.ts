import type { PeekedBytes } from '../file/peeked-bytes.ts';
import { headerOption, isUrlLike } from './header.ts';
import { countLines, firstLine, firstLines, SAMPLED_BYTES, SAMPLED_LINES } from './sampled-lines.ts';

const FORMATS = [
  ['\t', 'tsv'],
  [',', 'csv'],
] as const;

/**
 * Whether a text that should be a list of URLs is a table instead, by its first lines. URLs may have commas in them, but
 * not in every line, each followed by words.
 * @returns the options with which to read the table; null for a list
 */
export async function findTable(bytes: PeekedBytes): Promise<string | null> {
  const start = firstLine(await bytes.peek((head) => head.length >= SAMPLED_BYTES || countLines(head) > 0));
  if (!/[\t,]/.test(start)) return null;
  const head = await bytes.peek(
    (peeked) => peeked.length >= SAMPLED_BYTES || countLines(peeked) >= SAMPLED_LINES,
  );
  const lines = firstLines(head, bytes.isWhole).filter((line) => line.trim() !== '');
  if (lines.length < 2) return null;
  for (const [mark, format] of FORMATS) {
    const rows = lines.map((line) => line.split(mark).map((field) => field.trim().replace(/^"|"$/g, '')));
    const [first = [], ...others] = rows;
    if (!rows.every((fields) => fields.length > 1)) continue;
    if (!first.some(isUrlLike)) {
      if (others.some((fields) => fields.some(isUrlLike))) return `--input-format ${format}`;
    } else if (rows.every((fields) => mark === '\t' || isRow(fields))) {
      return `--input-format ${format} ${headerOption(first)}`;
    }
  }
  return null;
}

/** A URL and something that cannot be its end: words, or a second URL. */
function isRow(fields: readonly string[]): boolean {
  const [first = '', ...others] = fields;
  return isUrlLike(first)
    ? others.some((field) => /\S\s+\S/.test(field) || isUrlLike(field))
    : others.some(isUrlLike);
}
