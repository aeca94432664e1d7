import { usageError } from '../core/errors.ts';
import { changeDatasetColumns } from '../run/columns.ts';
import type { ChangeHooks } from './events.ts';
import type { ColumnsOptions } from './options.ts';
import { namesOf, outputFolder, patternsOf, resolveColumns } from './resolve-options.ts';
import { type Failure, type Shortfall, type Success, settleUnlessAborted, succeeded } from './result.ts';
import { inCode } from './wording.ts';

/** The outcome of a change of columns. */
export interface ColumnsSummary {
  readonly output: string;
  readonly added: readonly string[];
  readonly dropped: readonly string[];
  readonly shards: number;
  /** Shards that earlier calls had changed. */
  readonly shardsBefore: number;
  /** Rows in the shards that this call has written. */
  readonly rows: number;
  /** Rows among these that the table lacks; their new columns are null. */
  readonly rowsWithoutValue: number;
}

/** The result of `columns`. `interrupted`: the signal was aborted. */
export type ColumnsResult = (Success & ColumnsSummary) | Shortfall<'interrupted'> | Failure;

/**
 * Adds columns of a table to a finished dataset, or removes columns that came from its index, without a download. Images
 * stay as they are. The same call resumes. Rejects only for a bug.
 */
export function columns(
  options: ColumnsOptions,
  { onNotice, signal }: ChangeHooks = {},
): Promise<ColumnsResult> {
  const stopped = 'The change of columns was interrupted; the same call resumes it';
  return settleUnlessAborted(stopped, signal, async () => {
    const resolved = resolveColumns(options);
    const { add, from, on, drop } = resolved.own;
    const { withoutValue, ...changed } = await changeDatasetColumns({
      output: outputFolder(resolved),
      add: namesOf('add', add),
      drop: namesOf('drop', drop),
      from: from === undefined || from === null ? [] : patternsOf('from', from),
      on: columnName(on),
      options: resolved.options,
      onNotice: (message) => onNotice?.(inCode(message)),
      signal,
    });
    return { ...succeeded, ...changed, rowsWithoutValue: withoutValue };
  });
}

function columnName(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value !== '') return value;
  throw usageError(`on: expected the name of a column, got ${JSON.stringify(value)}`);
}
