import { type DuckDBConnection, DuckDBTypeId } from '@duckdb/node-api';
import { usageError } from '../core/errors.ts';
import { firstParagraph } from './duckdb.ts';

/** The condition as part of a larger statement; the line break ends a comment that the user's text may end with. */
export function parenthesise(where: string): string {
  return `(${where}\n)`;
}

/**
 * Checks that the text is one condition on the columns of a table, and not, say, `x > 1) LIMIT (5`: it must make sense
 * as a selected value, too.
 * @throws UserError when it is not
 */
export async function checkCondition(
  connection: DuckDBConnection,
  table: string,
  where: string,
): Promise<void> {
  const fail = (reason: string) => usageError(`Cannot use --where '${where}': ${reason}`);
  const prepare = (sql: string) =>
    connection.prepare(sql).catch((error: unknown) => {
      throw fail(firstParagraph(error));
    });
  const value = await prepare(`SELECT ${parenthesise(where)} AS condition FROM ${table}`);
  try {
    if (value.parameterCount > 0) throw fail('expected a condition without parameters');
    const type = value.columnType(0);
    if (value.columnCount !== 1 || type.typeId !== DuckDBTypeId.BOOLEAN) {
      throw fail(`expected a condition, true or false for a row, found ${type}`);
    }
  } finally {
    value.destroySync();
  }
  const filter = await prepare(`SELECT 1 FROM ${table} WHERE ${parenthesise(where)}`);
  filter.destroySync();
}
