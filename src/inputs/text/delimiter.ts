import type { PeekedBytes } from '../file/peeked-bytes.ts';
import { countLines, firstLine, firstLines, SAMPLED_BYTES, SAMPLED_LINES } from './sampled-lines.ts';

/** Characters that separate fields in files that people have. */
const DELIMITERS = [',', '\t', ';', '|'] as const;

export interface Delimiter {
  readonly delimiter: string;
  /** Whether the first line names the delimiter, as spreadsheets write it (`sep=;`), and is no header. */
  readonly isNamed: boolean;
}

interface Wanted {
  /** The delimiter that the format of the file stands for. */
  readonly usual: string;
  /** Number of columns; null if it is not known. */
  readonly width: number | null;
}

/**
 * Recognises the delimiter of a table by its first lines. Where the first line has no other candidate than the usual
 * delimiter, it is that. Otherwise all records must have the same number of fields.
 * @returns the candidates if none or several of them fit
 */
export async function findDelimiter(
  bytes: PeekedBytes,
  { usual, width }: Wanted,
): Promise<Delimiter | { readonly candidates: readonly string[] }> {
  const line = firstLine(await bytes.peek((head) => head.length >= SAMPLED_BYTES || countLines(head) >= 1));
  const named = /^"?sep=(.)"?$/i.exec(line)?.[1];
  if (named !== undefined) return { delimiter: named, isNamed: true };
  const others = DELIMITERS.filter((mark) => mark !== usual && isSeparated(line, mark));
  if (others.length === 0) return { delimiter: usual, isNamed: false };
  const head = await bytes.peek(
    (start) => start.length >= SAMPLED_BYTES || countLines(start) >= SAMPLED_LINES,
  );
  const sample = firstLines(head, bytes.isWhole).join('\n');
  const fitting = others.filter((mark) => fits(sample, mark, width));
  if (fits(sample, usual, width)) return { delimiter: usual, isNamed: false };
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return { delimiter: only, isNamed: false };
  if (isSeparated(line, usual) || width === 1) return { delimiter: usual, isNamed: false };
  return { candidates: fitting.length > 0 ? fitting : others };
}

/** How a delimiter is typed as a value of `--delimiter`. */
export const toType = (delimiter: string): string => (delimiter === '\t' ? 'tab' : `'${delimiter}'`);

const isSeparated = (line: string, mark: string): boolean => (fieldCounts(line, mark)[0] ?? 1) > 1;

function fits(sample: string, mark: string, width: number | null): boolean {
  const [first = 1, ...others] = fieldCounts(sample, mark);
  return first > 1 && first === (width ?? first) && others.every((count) => count === first);
}

/** Fields of each record. A quote at the start of a field may hold delimiters and line breaks. */
function fieldCounts(text: string, mark: string): number[] {
  const counts: number[] = [];
  const next = new RegExp(`[${mark === '|' ? '\\|' : mark}\n]`, 'g');
  let fields = 1;
  for (let start = 0; start < text.length; ) {
    const from = text[start] === '"' ? afterQuotes(text, start + 1) : start;
    // The record goes on after the sample, or its quote is a stray one.
    if (from === -1) return counts;
    next.lastIndex = from;
    const end = next.exec(text)?.index ?? text.length;
    if (text[end] === mark) fields += 1;
    else {
      if (fields > 1 || text.slice(start, end).trim() !== '') counts.push(fields);
      fields = 1;
    }
    start = end + 1;
  }
  return fields > 1 ? [...counts, fields] : counts;
}

/** Position after the quote that ends a field, -1 if there is none. A doubled quote stands for one. */
function afterQuotes(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at + 1;
  }
  return -1;
}
