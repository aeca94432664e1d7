/**
 * Maximum size in bytes of the requested values of a row; a larger row is unreadable. Thousands of rows are in memory at
 * a time, and a file of a few hundred bytes can hold thousands of rows of a gigabyte each.
 */
export const MAX_ROW_BYTES = 256 * 1024;

/** Maximum number of columns of a file, including the parts of nested ones. */
export const MAX_COLUMNS = 10_000;

const MAX_BATCH_VALUES = 1_000_000;

/** Maximum rows per batch for a number of columns: a row takes memory for each column, even if all are null. */
export const rowsPerBatch = (columns: number): number =>
  Math.max(1, Math.floor(MAX_BATCH_VALUES / Math.max(1, columns)));

/** The reason for a row that is too long; `where` names it, as `line 7`. */
export const longRow = (where: string): string =>
  `${where}: its values take more than ${MAX_ROW_BYTES / 1024} KiB; leave large columns out with --columns`;
