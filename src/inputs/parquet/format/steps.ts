import type { RowGroup } from './footer.ts';

/** Rows of the file from one number to before another. */
export interface Step {
  readonly from: number;
  readonly end: number;
}

/** A step ends with a row group once it has so many rows, because DuckDB decodes a group from its start. */
const MIN_ROWS = 1 << 18;
/** Larger groups are divided. */
const MAX_ROWS = 1 << 19;

/** Divides the rows of a file before number `limit`. */
export function* stepsOf(
  groups: readonly Pick<RowGroup, 'rows'>[],
  limit: number,
): Generator<Step, undefined, undefined> {
  let [from, end] = [0, 0];
  for (const { rows } of groups) {
    end = Math.min(end + rows, limit);
    for (; end - from > MAX_ROWS; from += MAX_ROWS) yield { from, end: from + MAX_ROWS };
    if (end - from < MIN_ROWS) continue;
    yield { from, end };
    from = end;
  }
  if (from < end) yield { from, end };
}
