import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column } from '../../core/columns.ts';
import { quoteName } from '../sql/duckdb.ts';
import type { SqlColumn } from '../sql/table.ts';
import { countScalars, type DuckDBMapping, mapDuckDBType } from './duckdb-types.ts';
import { isNullColumn, type Meaning, meaningOf } from './format/meaning.ts';
import type { Schema } from './format/schema.ts';
import { textSql } from './text-sql.ts';
import { sizeSql } from './value-sizes.ts';

/** A column of the file. */
export interface ParquetColumn extends Column, SqlColumn {
  readonly convert: DuckDBMapping['convert'];
  /** SQL for the size in bytes of the value of this SQL expression. */
  readonly sizeOf: (expression: string) => string;
}

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
