import type { DuckDBInstance } from '@duckdb/node-api';
import { quoteName } from './duckdb.ts';

/** A column as SQL has it. */
export interface SqlColumn {
  readonly name: string;
  /** Its name in SQL. DuckDB renames columns whose names differ in case only, or are empty. */
  readonly sqlName: string;
  /** SQL for what a condition sees of the column, if that is not its value. */
  readonly seen: string | null;
}

/** A column that has the same value in all rows of a file: that of a folder, or null where the file lacks it. */
export interface Constant {
  readonly name: string;
  readonly sql: string;
}

export interface TableOptions {
  /** Whether the table has a column `file_row_number`. */
  readonly rowNumbers: boolean;
}

/** What DuckDB reads rows from. */
export interface SqlTable<C extends SqlColumn = SqlColumn> {
  readonly instance: DuckDBInstance;
  /** SQL for the table. */
  readonly sql: (options: TableOptions) => string;
  readonly columns: readonly C[];
}

/** A condition on the rows of a table, checked. */
export interface Condition {
  readonly where: string;
  /** Positions of the columns that it uses, by their names in it. */
  readonly used: ReadonlyMap<string, number>;
  /** Those of them that are not in the table. */
  readonly constants: readonly Constant[];
}

/**
 * The table for a condition: it has the columns that the condition uses under the names that the condition uses. Most
 * often these are its own.
 */
export function tableForCondition<C extends SqlColumn>(
  table: SqlTable<C>,
  { used, constants }: Omit<Condition, 'where'>,
): SqlTable<C> {
  const { instance, sql, columns } = table;
  const seen = [...used].map(([name, position]) => ({ name, column: columns[position] }));
  const isPlain = seen.every(({ name, column }) => column?.seen === null && isSameName(column.sqlName, name));
  if (isPlain && constants.length === 0) return table;
  const renamed = columns.map((column, position) => ({ ...column, sqlName: `laion_fetch_${position}` }));
  const all = columns.map(
    ({ sqlName }, position) => `${quoteName(sqlName)} AS ${renamed[position]?.sqlName}`,
  );
  const named = seen.flatMap(({ name, column }) =>
    column === undefined ? [] : [`${column.seen ?? quoteName(column.sqlName)} AS ${quoteName(name)}`],
  );
  const fixed = constants.map((constant) => `${constant.sql} AS ${quoteName(constant.name)}`);
  return {
    instance,
    columns: renamed,
    sql: (options) => {
      const numbers = options.rowNumbers ? ['file_row_number'] : [];
      return `(SELECT ${[...all, ...named, ...fixed, ...numbers].join()} FROM ${sql(options)})`;
    },
  };
}

/** SQL knows no difference between upper and lower case. */
export const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
