/**
 * Bytes that all values of a row that are read may have together; a row with more is a faulty one. Thousands of rows
 * are in memory at a time, and a file of a few hundred bytes can hold thousands that are a gigabyte each.
 */
export const MAX_ROW_BYTES = 256 * 1024;

/** What is said of a longer row; `where` names it, as `line 7`. */
export const longRow = (where: string): string =>
  `${where}: its values take more than ${MAX_ROW_BYTES / 1024} KiB; leave large columns out with --columns`;
