import { displayWidth, sanitizeText } from './terminal-text.ts';

/** Text for a cell of a table: nothing in it ends the cell or begins an element. */
export function markdownCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Foreign text as code, in which Markdown means nothing. */
export function markdownCode(text: string, maxLength = 200): string {
  return `\`${sanitizeText(text, maxLength).replaceAll('`', "'")}\``;
}

export interface MarkdownColumn {
  readonly head: string;
  readonly isNumber?: boolean;
}

/** Lines of a table whose columns are aligned, so that it reads well in a terminal too. Texts must be safe. */
export function markdownTable(
  columns: readonly MarkdownColumn[],
  rows: readonly (readonly string[])[],
): string[] {
  const cells = rows.map((row) => columns.map((_, at) => markdownCell(row[at] ?? '')));
  const widths = columns.map(({ head }, at) =>
    Math.max(3, displayWidth(head), ...cells.map((row) => displayWidth(row[at] ?? ''))),
  );
  const line = (row: readonly string[]): string => {
    const padded = columns.map(({ isNumber = false }, at) => {
      const text = row[at] ?? '';
      const space = ' '.repeat((widths[at] ?? 0) - displayWidth(text));
      return isNumber ? space + text : text + space;
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = columns.map(({ isNumber = false }, at) => {
    const width = widths[at] ?? 0;
    return isNumber ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width);
  });
  return [line(columns.map(({ head }) => head)), `| ${rule.join(' | ')} |`, ...cells.map(line)];
}
