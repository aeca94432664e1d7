import type { Column, Value } from '../../core/columns.ts';
import type { AddedColumns } from './read-table.ts';
import { textOf } from './read-table.ts';

type Row = readonly Value[];

/** The columns of a shard after the change, and how its rows get there. */
export interface ChangedColumns {
  readonly columns: readonly Column[];
  readonly toRow: (row: Row) => Row;
}

/** What becomes of the columns of every shard. */
export interface ColumnChange {
  readonly drop: ReadonlySet<string>;
  readonly add: AddedColumns | null;
}

/**
 * Puts new columns behind those that were carried from the index, in place of columns with their names. `onMissing` is
 * called for each row that has no values.
 */
export function changeColumns(
  columns: readonly Column[],
  carried: readonly Column[],
  { drop, add }: ColumnChange,
  onMissing: () => void,
): ChangedColumns {
  const added = add?.columns ?? [];
  const names = new Set(added.map(({ name }) => name));
  const isCarried = (column: Column): boolean => carried.includes(column);
  const places = columns.map((column, at) => ({ column, at }));
  const kept = places.filter(
    ({ column }) => !isCarried(column) || !(drop.has(column.name) || names.has(column.name)),
  );
  const before = kept.filter(({ column }) => isCarried(column));
  const behind = kept.filter(({ column }) => !isCarried(column));
  const onAt = columns.findIndex(({ name }) => name === add?.on);
  const nothing = added.map(() => null);
  const valuesOf = (row: Row): Row => {
    if (add === null) return nothing;
    const text = textOf(row[onAt] ?? null);
    const found = text === null ? null : add.values.get(text);
    if (found === null) onMissing();
    return found ?? nothing;
  };
  return {
    columns: [...before.map(({ column }) => column), ...added, ...behind.map(({ column }) => column)],
    toRow: (row) => {
      const at = (place: { readonly at: number }): Value => row[place.at] ?? null;
      return [...before.map(at), ...valuesOf(row), ...behind.map(at)];
    },
  };
}
