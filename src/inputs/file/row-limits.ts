/**
 * Bytes that all values of a row that are read may have together; a row with more is a faulty one. Thousands of rows
 * are in memory at a time, and a file of a few hundred bytes can hold thousands that are a gigabyte each.
 */
export const MAX_ROW_BYTES = 256 * 1024;

/** Columns that a file may have, parts of nested ones included. */
export const MAX_COLUMNS = 10_000;

const MAX_BATCH_VALUES = 1_000_000;

/** Rows that may be made at a time of a file with so many columns: a row takes memory for each, also where all are null. */
export const rowsPerBatch = (columns: number): number =>
  Math.max(1, Math.floor(MAX_BATCH_VALUES / Math.max(1, columns)));

/** What is said of a longer row; `where` names it, as `line 7`. */
export const longRow = (where: string): string =>
  `${where}: its values take more than ${MAX_ROW_BYTES / 1024} KiB; leave large columns out with --columns`;
