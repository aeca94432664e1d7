import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { FETCH_COLUMNS } from '../metadata/fields.ts';

export type Scalar = null | boolean | number | bigint | string;

/** What verification needs of a row of the metadata. */
export interface StoredRow {
  readonly key: string | null;
  readonly status: string | null;
  readonly failureCode: string | null;
  readonly errorMessage: string | null;
  /** Bytes of the body that was downloaded; 0 where there was none. */
  readonly bytes: number;
  /** In pixels; null where the image was kept undecoded, or there is none. */
  readonly width: number | null;
  readonly height: number | null;
  /** What the JSON of the row's sample has to repeat, by name: every scalar but the facts of the fetch. */
  readonly shared: ReadonlyMap<string, Scalar>;
}

interface StoredColumn {
  readonly name: string;
  /** Name under which DuckDB selects it: names that differ in case only get a suffix. */
  readonly alias: string;
}

const NEEDED = ['key', 'url', 'status', 'error_message', 'failure_code', 'bytes', 'width', 'height'] as const;
/** DuckDB's types whose values JSON repeats as they are. */
const SCALAR_TYPE = /^(BOOLEAN|U?(TINY|SMALL|BIG)INT|U?INTEGER|FLOAT|DOUBLE|VARCHAR|JSON)$/;

/** Reads the metadata of shards; memory is bounded by the row group. */
export class MetadataReader {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<MetadataReader> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    return new MetadataReader(instance, await instance.connect());
  }

  /** The rows in the order of the file. Throws where the file is broken. */
  async *rows(path: string): AsyncGenerator<StoredRow> {
    const columns = await this.#scalarColumns(path);
    const names = columns.map(({ name }) => name);
    const missing = NEEDED.find((name) => !names.includes(name));
    if (missing !== undefined) throw new Error(`the column ${missing} is missing`);
    const selected = columns.map(({ alias }) => `"${alias.replaceAll('"', '""')}"`).join(', ');
    const result = await this.#connection.stream(`SELECT ${selected} FROM read_parquet($path)`, {
      path: literalPath(path),
    });
    for await (const rows of result.yieldRowsJs()) {
      for (const values of rows) yield toRow(names, values as Scalar[]);
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #scalarColumns(path: string): Promise<StoredColumn[]> {
    const parameters = { path: literalPath(path) };
    const described = await this.#connection.runAndReadAll(
      'DESCRIBE SELECT * FROM read_parquet($path)',
      parameters,
    );
    const schema = await this.#connection.runAndReadAll(
      'SELECT name, num_children FROM parquet_schema($path)',
      parameters,
    );
    const names = topLevelNames(schema.getRowsJS() as unknown as SchemaRow[]);
    return (described.getRowsJS() as [alias: string, type: string][]).flatMap(([alias, type], index) =>
      SCALAR_TYPE.test(type) ? [{ name: names[index] ?? alias, alias }] : [],
    );
  }
}

type SchemaRow = readonly [name: string, children: bigint | null];

/** Names of the columns in a schema that lists its tree in preorder, from the root on. */
function topLevelNames([, ...elements]: readonly SchemaRow[]): string[] {
  const names: string[] = [];
  let inside = 0;
  for (const [name, children] of elements) {
    if (inside === 0) names.push(name);
    else inside -= 1;
    inside += Number(children ?? 0);
  }
  return names;
}

function toRow(names: readonly string[], values: readonly Scalar[]): StoredRow {
  const all = new Map(names.map((name, index) => [name, values[index] ?? null]));
  return {
    key: all.get('key'),
    status: all.get('status'),
    failureCode: all.get('failure_code'),
    errorMessage: all.get('error_message'),
    bytes: Number(all.get('bytes') ?? 0),
    width: all.get('width'),
    height: all.get('height'),
    shared: new Map([...all].filter(([name]) => !FETCH_COLUMNS.has(name))),
  } as StoredRow;
}

/** DuckDB takes a path for a pattern; a class of one character stands for that character. */
function literalPath(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
