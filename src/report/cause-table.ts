import { FAILURES, type FailureCode } from '../core/failures.ts';
import { redactUrl } from '../util/text/redact-url.ts';
import { cutToWidth, sanitizeText } from '../util/text/terminal-text.ts';
import { formatCount, percent } from '../util/text/units.ts';
import { type Paint, plain } from './screen/paint.ts';
import { wrapWords } from './wrap.ts';

/** A line of the table: a count and its share of all rows. */
export interface CountRow {
  readonly label: string;
  readonly count: number;
  readonly meaning?: string;
  /** A URL to which this happened. */
  readonly example?: string | undefined;
}

/** How the table is shown; colours are optional. */
export interface TableStyle {
  readonly width: number;
  readonly paint?: Paint;
}

const LEAST_MEANING = 16;

/** The lines of failures, most frequent first, with their meanings and examples. */
export function failureRows(
  failures: readonly (readonly [FailureCode, number])[],
  examples: ReadonlyMap<FailureCode, string> = new Map(),
): CountRow[] {
  return failures.map(([code, count]) => ({
    label: code,
    count,
    meaning: FAILURES[code].summary,
    example: examples.get(code),
  }));
}

/** A table of outcomes in lines of at most `width` columns. The first row is the total of which the others are shares. */
export function countTable(rows: readonly CountRow[], { width, paint = plain }: TableStyle): string[] {
  const total = rows[0]?.count ?? 0;
  const labelWidth = Math.max(...rows.map(({ label }) => label.length));
  const countWidth = Math.max(...rows.map(({ count }) => formatCount(count).length));
  return rows.flatMap(({ label, count, meaning = '', example }, at) => {
    const share = at === 0 || total === 0 ? '' : percent(count / total);
    const start = `  ${label.padEnd(labelWidth)}  ${formatCount(count).padStart(countWidth)}  ${share.padStart(7)}`;
    const room = width - start.length - 2;
    const [first = '', ...rest] = wrapWords(meaning, Math.max(LEAST_MEANING, room));
    const head = `${start}  ${first}`.trimEnd();
    return [
      at < 2 ? paint(head, at === 0 ? 'bold' : 'green') : head,
      ...rest.map((line) => `${' '.repeat(start.length)}  ${line}`),
      ...(example === undefined ? [] : [paint(exampleLine(example, width), 'dim')]),
    ];
  });
}

const exampleLine = (url: string, width: number): string =>
  `    ${cutToWidth(sanitizeText(redactUrl(url)), width - 4)}`;
