import type { DuckDBConnection } from '@duckdb/node-api';
import type { SumRequest } from '../file/index-file.ts';
import { quoteName, quoteText } from '../sql/duckdb.ts';
import type { SqlTable } from '../sql/table.ts';
import { parenthesise } from '../sql/where.ts';
import type { ParquetColumn } from './columns.ts';
import type { Step } from './format/steps.ts';
import { type Origins, streamChunks } from './origins.ts';
import { areaSql, plainSql } from './plain-rows.ts';
import type { ParquetTable } from './rows.ts';

export interface StepTable extends SqlTable<ParquetColumn> {
  /** The condition on the rows. */
  readonly where: string | undefined;
}

interface StepContext {
  readonly table: StepTable;
  readonly request: SumRequest;
  readonly step: Step;
  /** Maximum rows. */
  readonly limit: number;
}

/** Columns of the sums. They have a row for each scheme and authority, and one without for all rows that are not plain. */
const [AUTHORITY, OTHERS, ROW_NUMBER] = ['authority', 'others', 'file_row_number'];
const valueName = (position: number): string => `laion_fetch_${position}`;

/** The sums of the rows of a step, in a table of their own. */
export class StepSums {
  readonly step: Step;
  readonly #context: StepContext;
  readonly #connection: DuckDBConnection;
  readonly #name: string;
  /** Resolves to whether DuckDB has summed up the rows. */
  readonly #isSummed: Promise<boolean>;

  private constructor(context: StepContext, connection: DuckDBConnection, isChecked: boolean) {
    this.step = context.step;
    this.#context = context;
    this.#connection = connection;
    this.#name = `laion_fetch_from_${context.step.from}`;
    context.request.signal.addEventListener('abort', this.#interrupt, { once: true });
    const summed = isChecked ? connection.run(`CREATE TABLE ${this.#name} AS ${sumsSql(context)}`) : null;
    this.#isSummed = Promise.resolve(summed).then(
      (result) => result !== null,
      () => false,
    );
  }

  /** Starts to sum up the rows once `check` has resolved. */
  static async start(context: StepContext, check: () => Promise<void>): Promise<StepSums> {
    const connection = await context.table.instance.connect();
    const isChecked = await check().then(
      () => true,
      () => false,
    );
    return new StepSums(context, connection, isChecked);
  }

  /** Resolves to whether DuckDB could sum up the rows. */
  get isSummed(): Promise<boolean> {
    return this.#isSummed;
  }

  /** Gives the sums of a step that is summed up to the sink, all but those of its hosts, and resolves to the number of rows. */
  async give(origins: Origins): Promise<number> {
    const { sink } = this.#context.request;
    const plain = `FROM ${this.#name} WHERE ${AUTHORITY} IS NOT NULL`;
    const totals = await this.#connection.runAndReadAll(
      `SELECT coalesce(sum(rows), 0), coalesce(sum(images), 0), coalesce(sum(pixels), 0), count(*) ${plain}`,
    );
    const [rows = 0, images = 0, pixels = 0, hosts = 0] = totals.getRows()[0]?.map(Number) ?? [];
    for await (const chunk of streamChunks(this.#connection, `SELECT unnest(digests) ${plain}`)) {
      const digests = chunk.getColumnVector(0);
      for (let [row, end] = [0, chunk.rowCount]; row < end; row += 1) {
        sink.takeDigest(Number(digests.getItem(row)));
      }
    }
    sink.takeAreas(images, pixels);
    await origins.add(`SELECT scheme, ${AUTHORITY}, rows ${plain}`, hosts, rows);
    return rows;
  }

  /** The rows that are not summed up, as a table. */
  get others(): ParquetTable {
    const { table, request } = this.#context;
    const values = [...request.columns.map(valueName), ROW_NUMBER].map((name) => `other.${name}`);
    const sql = `(SELECT ${values.join()} FROM (
      SELECT unnest(${OTHERS}) AS other FROM ${this.#name} WHERE ${AUTHORITY} IS NULL))`;
    const columns = table.columns.map((column, position) => ({ ...column, sqlName: valueName(position) }));
    return { instance: table.instance, columns, sql: () => sql, where: 'true' };
  }

  async close(): Promise<void> {
    this.#interrupt();
    this.#context.request.signal.removeEventListener('abort', this.#interrupt);
    await this.#isSummed;
    await this.#connection.run(`DROP TABLE IF EXISTS ${this.#name}`);
    this.#connection.closeSync();
  }

  readonly #interrupt = (): void => {
    this.#connection.interrupt();
  };
}

function sumsSql({ table, request, step, limit }: StepContext): string {
  const { columns, url, area, sink, pick } = request;
  const sqlName = (column: number) => quoteName(table.columns[column]?.sqlName ?? '');
  const values = columns.map((column) => `${sqlName(column)} AS ${valueName(column)}`);
  const text = sqlName(url.column);
  const conditions = [
    `${ROW_NUMBER} >= ${step.from} AND ${ROW_NUMBER} < ${step.end}`,
    ...(pick === null ? [] : [pick.sql(ROW_NUMBER)]),
    ...(table.where === undefined ? [] : [parenthesise(table.where)]),
  ];
  const rows = `SELECT ${[...values, ROW_NUMBER].join()}, ${text} AS url, sha1(${text}) AS digest, ${plainSql(table.columns, request)} AS plain
    FROM ${table.sql({ rowNumbers: true })} WHERE ${conditions.join(' AND ')}
    ${limit === Number.POSITIVE_INFINITY ? '' : `LIMIT ${limit}`}`;
  const isWanted = sink.digestBound === null ? 'plain' : `plain AND digest < ${quoteText(sink.digestBound)}`;
  const pixels = area === null ? 'NULL::BIGINT' : areaSql([valueName(area[0]), valueName(area[1])]);
  const other = [...columns.map(valueName), ROW_NUMBER].map((name) => `${name} := ${name}`);
  const judged = `SELECT CASE WHEN plain THEN split_part(url, ':', 1) END AS scheme,
    CASE WHEN plain THEN split_part(url, '/', 3) END AS ${AUTHORITY},
    CASE WHEN plain THEN ${pixels} END AS pixels,
    CASE WHEN ${isWanted} THEN CAST(CAST('0x' || left(digest, 12) AS BIGINT) AS DOUBLE) END AS digest,
    CASE WHEN NOT plain THEN struct_pack(${other.join()}) END AS other FROM (${rows})`;
  return `SELECT scheme, ${AUTHORITY}, CAST(count(*) AS DOUBLE) AS rows, CAST(count(pixels) AS DOUBLE) AS images,
    CAST(sum(pixels) AS DOUBLE) AS pixels, list(digest) FILTER (digest IS NOT NULL) AS digests,
    list(other) FILTER (other IS NOT NULL) AS ${OTHERS} FROM (${judged}) GROUP BY scheme, ${AUTHORITY}`;
}
