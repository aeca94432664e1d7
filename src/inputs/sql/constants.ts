import type { Column } from '../../core/columns.ts';
import type { Partition } from '../file/index-file.ts';
import { quoteText } from './duckdb.ts';
import { sqlType } from './sql-types.ts';
import { type Constant, isSameName } from './table.ts';

/**
 * The columns that a condition may use although a file does not have them: those of its folders, and those that only
 * other parts of the index have, which are null. `all`: the columns of all parts, with the types that they have there.
 */
export function constantsOf(
  columns: readonly Pick<Column, 'name'>[],
  partitions: readonly Partition[],
  all: readonly Column[],
): Constant[] {
  const isOwn = (name: string) => columns.some((column) => isSameName(column.name, name));
  const typeOf = (name: string) => all.find((column) => isSameName(column.name, name))?.type;
  const folders = partitions
    .filter(({ name }) => !isOwn(name))
    .map(({ name, value }) => {
      const type = typeOf(name);
      const text = value === null ? 'NULL' : quoteText(value);
      return { name, sql: `CAST(${text} AS ${type === undefined ? 'VARCHAR' : sqlType(type)})` };
    });
  const isKnown = (name: string) => isOwn(name) || folders.some((folder) => isSameName(folder.name, name));
  const missing = all
    .filter(({ name }) => !isKnown(name))
    .map(({ name, type }) => ({ name, sql: `CAST(NULL AS ${sqlType(type)})` }));
  return [...folders, ...missing];
}
