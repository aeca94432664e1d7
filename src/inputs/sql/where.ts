import { isDeepStrictEqual } from 'node:util';
import { type DuckDBConnection, DuckDBTypeId } from '@duckdb/node-api';
import { usageError } from '../../core/errors.ts';
import { listNames } from '../../util/text/list-names.ts';
import { type ConditionNames, walkCondition } from './condition.ts';
import { firstParagraph } from './duckdb.ts';
import { type Condition, type Constant, isSameName, type SqlTable, tableForCondition } from './table.ts';

/** Parsers recurse, and nobody writes a condition this long by hand. */
const MAX_LENGTH = 10_000;
const MAX_NESTING = 200;

/** The condition as part of a larger statement. The line break ends a comment at the end of the user's text. */
export function parenthesise(where: string): string {
  return `(${where}\n)`;
}

type Fail = (reason: string) => Error;

/**
 * Checks that the text is one condition on the columns of a row. It must parse as a condition and nothing else (unlike
 * `x > 1) LIMIT (5`), use only columns and harmless functions, and be valid for the table. `others` are columns that
 * the table does not have.
 * @throws UserError if it is not such a condition
 */
export async function checkCondition(
  table: SqlTable,
  where: string,
  others: readonly Constant[] = [],
): Promise<Condition> {
  const fail = (reason: string) => conditionError(where, reason);
  if (where.length > MAX_LENGTH) throw fail(`it has more than ${MAX_LENGTH} characters`);
  const nesting = where.split(/[([{]/).length - 1;
  if (nesting > MAX_NESTING) throw fail(`it has more than ${MAX_NESTING} brackets`);
  const connection = await table.instance.connect();
  try {
    const mentioned = await parseCondition(connection, where, fail);
    const names = [...table.columns, ...others].map(({ name }) => name);
    const found = findColumns(mentioned, names, fail);
    const isOwn = ([, position]: readonly [string, number]) => position < table.columns.length;
    const used = new Map([...found].filter(isOwn));
    const constants = [...found].flatMap(([name, position]) => {
      const other = others[position - table.columns.length];
      return other === undefined ? [] : [{ name, sql: other.sql }];
    });
    const condition = { where, used, constants };
    await bindCondition(
      connection,
      tableForCondition(table, condition).sql({ rowNumbers: false }),
      where,
      fail,
    );
    // If a column does not exist, DuckDB interprets some names as functions: `current_date`, `user`.
    const unknown = [...mentioned].find(
      (name) => ![...found.keys()].some((known) => isSameName(known, name)),
    );
    if (unknown !== undefined) throw fail(`'${unknown}' is not a column of the index`);
    return condition;
  } finally {
    connection.closeSync();
  }
}

/** The error for a condition that cannot be used. */
export const conditionError = (where: string, reason: string): Error =>
  usageError(`Cannot use --where '${where}': ${reason}`);

/** Parses the condition before DuckDB evaluates any of it; preparing a statement already evaluates constants. */
async function parseCondition(
  connection: DuckDBConnection,
  where: string,
  fail: Fail,
): Promise<ConditionNames> {
  const [found, expected] = [
    await parseRows(connection, where, fail),
    await parseRows(connection, 'true', fail),
  ];
  if (!isDeepStrictEqual({ ...found, where_clause: null }, { ...expected, where_clause: null })) {
    throw fail('expected a single condition and nothing else');
  }
  return walkCondition(found['where_clause'] ?? null, fail);
}

type Statement = { readonly [key: string]: Parameters<typeof walkCondition>[0] };

/** DuckDB's parse tree of the statement that selects rows by the condition. */
async function parseRows(connection: DuckDBConnection, where: string, fail: Fail): Promise<Statement> {
  const statement = await connection.prepare('SELECT json_serialize_sql(?::VARCHAR)');
  try {
    statement.bindVarchar(1, `SELECT 1 FROM rows WHERE ${parenthesise(where)}`);
    const reader = await statement.runAndReadAll();
    const parsed = JSON.parse(String(reader.value(0, 0)));
    if (parsed.error) throw fail(firstParagraph(parsed.error_message));
    if (parsed.statements.length !== 1) throw fail('expected a single condition and nothing else');
    return parsed.statements[0].node;
  } finally {
    statement.destroySync();
  }
}

async function bindCondition(
  connection: DuckDBConnection,
  table: string,
  where: string,
  fail: Fail,
): Promise<void> {
  const prepare = (sql: string) =>
    connection.prepare(sql).catch((error: unknown) => {
      throw fail(firstParagraph(error));
    });
  const value = await prepare(`SELECT ${parenthesise(where)} AS condition FROM ${table}`);
  try {
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

/** The columns with these names, first in the same case, then in any; unknown names are left out. */
function findColumns(mentioned: ConditionNames, names: readonly string[], fail: Fail): Map<string, number> {
  const found = [...mentioned].map((name) => {
    const exact = names.indexOf(name);
    const alike = [...names.keys()].filter((at) => names[at]?.toLowerCase() === name.toLowerCase());
    if (exact === -1 && alike.length > 1) {
      const candidates = listNames(alike.map((at) => names[at] ?? ''));
      throw fail(`it uses '${name}', and there are ${candidates}; write it as one of them`);
    }
    return [name, exact === -1 ? (alike[0] ?? -1) : exact] as const;
  });
  const used = new Map(found.filter(([, position]) => position !== -1));
  for (const name of used.keys()) {
    const other = [...used.keys()].find((each) => each !== name && each.toLowerCase() === name.toLowerCase());
    if (other !== undefined && used.get(other) !== used.get(name)) {
      throw fail(
        `it uses '${name}' and '${other}', which SQL takes for one; rename one of them in the index`,
      );
    }
    if (other !== undefined) used.delete(other);
  }
  return used;
}
