import { valueBytes } from '../../core/value-bytes.ts';
import type { IndexRow } from './index-file.ts';

/**
 * Maximum size in bytes of the requested values of a row; a larger row loses its largest values. Thousands of rows are in
 * memory at a time, and a file of a few hundred bytes can hold thousands of rows of a gigabyte each.
 */
export const MAX_ROW_BYTES = 256 * 1024;

/** Maximum number of columns of a file, including the parts of nested ones. */
export const MAX_COLUMNS = 10_000;

const MAX_BATCH_VALUES = 1_000_000;

/** Maximum rows per batch for a number of columns: a row takes memory for each column, even if all are null. */
export const rowsPerBatch = (columns: number): number =>
  Math.max(1, Math.floor(MAX_BATCH_VALUES / Math.max(1, columns)));

/** Positions of the values that a row of these sizes loses, the largest first, so that the others fit the limit. */
function tooLarge(sizes: readonly number[]): number[] {
  let total = sizes.reduce((sum, size) => sum + size, 0);
  const lost: number[] = [];
  const bySize = [...sizes.keys()].sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0));
  for (const position of bySize) {
    if (total <= MAX_ROW_BYTES) break;
    total -= sizes[position] ?? 0;
    lost.push(position);
  }
  return lost;
}

/** A row without the values that are too large; `onLost` receives their positions. */
export function boundRow(row: IndexRow, onLost: (position: number) => void): IndexRow {
  if ('unreadable' in row) return row;
  const { values, lost = [] } = row;
  let bytes = 0;
  for (const value of values) bytes += valueBytes(value);
  if (bytes <= MAX_ROW_BYTES) return row;
  const large = tooLarge(values.map(valueBytes));
  for (const position of large) onLost(position);
  return {
    ...row,
    values: values.map((value, position) => (large.includes(position) ? null : value)),
    lost: new Map([...lost, ...large.map((position) => [position, 'large'] as const)]),
  };
}
