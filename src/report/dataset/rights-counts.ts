import type { RightsCount } from '../../run/rights/rights-counter.ts';
import { redactUrl } from '../../util/text/redact-url.ts';
import { sanitizeText } from '../../util/text/terminal-text.ts';

/** The lines of a table of names, their rows and a URL of one of them; none for an empty table. */
export function rightsCountLines(title: string, counts: readonly RightsCount[]): string[] {
  if (counts.length === 0) return [];
  const width = Math.max(...counts.map(({ name }) => name.length));
  return [
    '',
    `${title}:`,
    ...counts.map(({ name, rows, example }) =>
      sanitizeText(`  ${name.padEnd(width)} ${String(rows).padStart(9)}  ${redactUrl(example)}`.trimEnd()),
    ),
  ];
}
