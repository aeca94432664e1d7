import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column } from '../../core/columns.ts';
import { quoteName } from './duckdb.ts';
import { countScalars, type DuckDBMapping, mapDuckDBType } from './duckdb-types.ts';
import { isNullColumn, type Meaning, meaningOf } from './format/meaning.ts';
import type { Schema } from './format/schema.ts';
import type { ParquetTable } from './rows.ts';
import { textSql } from './text-sql.ts';
import { sizeSql } from './value-sizes.ts';

/** A column of the file. */
export interface ParquetColumn extends Column {
  /** Its name in SQL. DuckDB renames columns whose names differ in case only, or are empty. */
  readonly sqlName: string;
  readonly convert: DuckDBMapping['convert'];
  /** SQL for the size in bytes of the value of this SQL expression. */
  readonly sizeOf: (expression: string) => string;
  /** SQL for what a condition sees of the column, if that is not its value. */
  readonly seen: string | null;
}

/** Positions of the columns that a condition uses, by their names in it. */
export type UsedColumns = ReadonlyMap<string, number>;

/**
 * The table for a condition: it has the columns that the condition uses under the names that the condition uses. Most
 * often these are its own.
 */
export function tableForCondition(
  table: Pick<ParquetTable, 'sql' | 'columns'>,
  used: UsedColumns,
): Pick<ParquetTable, 'sql' | 'columns'> {
  const { sql, columns } = table;
  const seen = [...used].map(([name, position]) => ({ name, column: columns[position] }));
  const isPlain = seen.every(({ name, column }) => column?.seen === null && isSameName(column.sqlName, name));
  if (isPlain) return table;
  const renamed = columns.map((column, position) => ({ ...column, sqlName: `laion_fetch_${position}` }));
  const all = columns.map(
    ({ sqlName }, position) => `${quoteName(sqlName)} AS ${renamed[position]?.sqlName}`,
  );
  const named = seen.flatMap(({ name, column }) =>
    column === undefined ? [] : [`${column.seen ?? quoteName(column.sqlName)} AS ${quoteName(name)}`],
  );
  return {
    columns: renamed,
    sql: (options) => `(SELECT ${[...all, ...named].join()} FROM ${sql(options)})`,
  };
}

/** SQL knows no difference between upper and lower case. */
export const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The columns of a table, which are those of the schema in their order. */
export async function readColumns(
  connection: DuckDBConnection,
  table: string,
  { root, leaves }: Schema,
): Promise<ParquetColumn[]> {
  const meanings: (Meaning | null)[][] = root.children.map(() => []);
  for (const { column, node } of leaves) meanings[column]?.push(meaningOf(node));
  const statement = await connection.prepare(`SELECT * FROM ${table}`);
  try {
    return Array.from({ length: statement.columnCount }, (_, index) => {
      const [sqlName, type] = [statement.columnName(index), statement.columnType(index)];
      const node = root.children[index];
      const found = meanings[index] ?? [];
      const known = found.length === countScalars(type) ? found : [];
      const meaningsInOrder = () => {
        const left = known.values();
        return () => left.next().value ?? null;
      };
      return {
        name: node?.name ?? sqlName,
        sqlName,
        ...(node !== undefined && isNullColumn(node) ? { isNull: true } : {}),
        ...mapDuckDBType(type, meaningsInOrder()),
        sizeOf: (expression) => sizeSql(expression, type),
        seen: textSql(quoteName(sqlName), type, meaningsInOrder()),
      };
    });
  } finally {
    statement.destroySync();
  }
}
