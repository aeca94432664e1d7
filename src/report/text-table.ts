import { cutToWidth, displayWidth, fitToWidth } from '../util/text/terminal-text.ts';

const GAP = '  ';
const LEAST_WIDTH = 8;

/**
 * Lines of a table no wider than `width` columns. Cells are cut, the widest columns first. Columns for which there is no
 * room are omitted and counted in the last line. Texts must be safe for a terminal.
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const shown = Math.max(
    1,
    Math.min(head.length, Math.floor((width + GAP.length) / (LEAST_WIDTH + GAP.length))),
  );
  const table = [head, ...rows].map((row) => row.slice(0, shown));
  const natural = head.slice(0, shown).map((_, column) => {
    return Math.max(...table.map((row) => displayWidth(row[column] ?? '')));
  });
  const widths = shrink(natural, width - GAP.length * (shown - 1));
  const lines = table.map((row) =>
    row
      .map((cell, column) => fitToWidth(cell, widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  const left = head.slice(shown);
  return left.length === 0
    ? lines
    : [...lines, cutToWidth(`and ${left.length} more: ${left.join(', ')}`, width)];
}

/** Narrows the widest columns until all fit. */
function shrink(natural: readonly number[], room: number): number[] {
  let most = Math.max(...natural, LEAST_WIDTH);
  const widthsAt = (limit: number) => natural.map((width) => Math.min(width, limit));
  while (most > LEAST_WIDTH && widthsAt(most).reduce((sum, width) => sum + width, 0) > room) most -= 1;
  return widthsAt(most);
}
