import {
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBInstance,
  type DuckDBType,
} from '@duckdb/node-api';
import type { Column } from '../../core/columns.ts';
import type { IndexRow, Partition } from '../file/index-file.ts';
import { constantsOf } from './constants.ts';
import { firstParagraph, openSandboxedDuckDB, quoteName } from './duckdb.ts';
import { sqlType, sqlValue } from './sql-types.ts';
import type { Condition } from './table.ts';
import type { FilterColumn } from './typed-columns.ts';
import { checkCondition, conditionError, parenthesise } from './where.ts';

interface FilterRequest {
  readonly columns: readonly FilterColumn[];
  readonly where: string;
  readonly partitions: readonly Partition[];
  /** The columns of all parts of the index. */
  readonly whereColumns: readonly Column[];
}

/** A column of the condition with its name there. */
interface UsedColumn extends FilterColumn {
  readonly usedName: string;
}

/** The most that a chunk of DuckDB holds. */
const CHUNK_ROWS = 2048;
const BATCH = 'laion_fetch_batch';
const ROW = 'laion_fetch_row';

/** Decides which rows meet a condition, some thousands at a time, in a DuckDB that sees nothing else. */
export class RowFilter {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #condition: Condition;
  readonly #columns: readonly UsedColumn[];
  /** Types in the order of `#columns`, behind the number of the row. */
  #types: readonly DuckDBType[] = [];

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    condition: Condition,
    columns: readonly UsedColumn[],
  ) {
    this.#instance = instance;
    this.#connection = connection;
    this.#condition = condition;
    this.#columns = columns;
  }

  /** @throws UserError if the condition cannot be used for these columns */
  static async start({ columns, where, partitions, whereColumns }: FilterRequest): Promise<RowFilter> {
    const instance = await openSandboxedDuckDB(null);
    try {
      const named = columns.map(({ name, type }, at) => ({ name, sqlName: `c${at}`, seen: null, type }));
      const nothing = named.map(({ sqlName, type }) => `CAST(NULL AS ${sqlType(type)}) AS ${sqlName}`);
      const table = { instance, columns: named, sql: () => `(SELECT ${nothing.join()})` };
      const condition = await checkCondition(table, where, constantsOf(columns, partitions, whereColumns));
      const used = [...condition.used].flatMap(([usedName, at]) => {
        const column = columns[at];
        return column === undefined ? [] : [{ ...column, usedName }];
      });
      return new RowFilter(instance, await instance.connect(), condition, used);
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  }

  /** Positions in the file's columns of those that the condition uses. */
  get used(): readonly number[] {
    return this.#columns.map(({ position }) => position);
  }

  /**
   * Those of the rows that meet the condition, with their numbers.
   * @param read number of rows before them, for messages
   * @throws UserError if the condition fails for one of them, as where a text is no number
   */
  async select(rows: readonly IndexRow[], read: number): Promise<IndexRow[]> {
    const { where, constants } = this.#condition;
    try {
      await this.#fill(rows);
      const fixed = constants.map(({ name, sql }) => `${sql} AS ${quoteName(name)}`);
      const seen = `(SELECT ${['*', ...fixed].join()} FROM ${BATCH})`;
      const reader = await this.#connection.runAndReadAll(
        `SELECT ${ROW} FROM ${seen} WHERE ${parenthesise(where)} ORDER BY ${ROW}`,
      );
      const found = reader.getColumns()[0] ?? [];
      return found.flatMap((at) => {
        const row = rows[Number(at)];
        return row === undefined || 'unreadable' in row ? [] : [{ ...row, number: read + Number(at) }];
      });
    } catch (error) {
      const place = `rows ${read + 1} to ${read + rows.length}`;
      throw conditionError(
        where,
        `in ${place}, ${firstParagraph(error)}; TRY_CAST(column AS type) is null there`,
      );
    }
  }

  /** Puts the values of the rows into the table. */
  async #fill(rows: readonly IndexRow[]): Promise<void> {
    const columns = this.#columns.map(({ usedName, type }) => `${quoteName(usedName)} ${sqlType(type)}`);
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE ${BATCH} (${[`${ROW} INTEGER`, ...columns].join()})`,
    );
    const appender = await this.#connection.createAppender(BATCH);
    if (this.#types.length === 0) {
      this.#types = Array.from({ length: appender.columnCount }, (_, at) => appender.columnType(at));
    }
    for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
      const numbers = [...rows.keys()]
        .slice(start, start + CHUNK_ROWS)
        .filter((row) => 'values' in (rows[row] ?? {}));
      if (numbers.length === 0) continue;
      const chunk = DuckDBDataChunk.create(this.#types, numbers.length);
      const values = this.#columns.map((column) => numbers.map((row) => filterValue(rows[row], column)));
      chunk.setColumns([numbers, ...values]);
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

function filterValue(row: IndexRow | undefined, { position, type, parse }: FilterColumn) {
  const value = row !== undefined && 'values' in row ? (row.values[position] ?? null) : null;
  return sqlValue(parse === null ? value : parse(value), type);
}
