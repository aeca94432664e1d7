import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { countShared } from '../metadata/fields.ts';
import { imageMember, isImageColumn } from './image-column.ts';
import type { StoredSample } from './stored-samples.ts';

export type Scalar = null | boolean | number | bigint | string;

/** What verification needs from a row of the metadata. */
export interface StoredRow {
  readonly key: string | null;
  readonly status: string | null;
  readonly failureCode: string | null;
  readonly errorMessage: string | null;
  /** Length of the downloaded body in bytes; 0 if there was none. */
  readonly bytes: number;
  /** In pixels; null if the image was kept undecoded or there is none. */
  readonly width: number | null;
  readonly height: number | null;
  /** Null if its files would be in the shard's folder itself. */
  readonly subfolder: string | null;
  /** Values that the JSON of the row's sample must repeat, by name: every scalar except the facts of the fetch. */
  readonly shared: ReadonlyMap<string, Scalar>;
}

/** A value of each row: a column, or an SQL expression of it. */
export interface WantedValue {
  readonly column: string;
  /** The expression; `name` is the column's quoted name. Absent for the column itself. */
  readonly sql?: (name: string) => string;
}

interface StoredColumn {
  readonly name: string;
  /** Name under which DuckDB selects it: names that differ only in case get a suffix. */
  readonly alias: string;
  /** DuckDB's name of its type. */
  readonly type: string;
}

const NEEDED = ['key', 'url', 'status', 'error_message', 'failure_code', 'bytes', 'width', 'height'] as const;
/** DuckDB's types whose values JSON repeats unchanged. */
const SCALAR_TYPE = /^(BOOLEAN|U?(TINY|SMALL|BIG)INT|U?INTEGER|FLOAT|DOUBLE|VARCHAR|JSON)$/;

/** Reads the metadata of shards in memory for one row group. */
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

  /** The rows in the order of the file. Throws if the file is broken. */
  async *rows(path: string): AsyncGenerator<StoredRow> {
    const columns = await this.#scalarColumns(path);
    const names = columns.map(({ name }) => name);
    const missing = NEEDED.find((name) => !names.includes(name));
    if (missing !== undefined) throw new Error(`the column ${missing} is missing`);
    const selected = columns.map(({ alias }) => quoted(alias)).join(', ');
    const result = await this.#connection.stream(`SELECT ${selected} FROM read_parquet($path)`, {
      path: literalPath(path),
    });
    for await (const rows of result.yieldRowsJs()) {
      for (const values of rows) yield toRow(names, values as Scalar[]);
    }
  }

  /**
   * These values of the rows, in the order of the file, some rows at a time. Values of a column that the file does not
   * have are null. Throws if the file is broken.
   */
  async *values(
    path: string,
    wanted: readonly WantedValue[],
  ): AsyncGenerator<readonly (readonly Scalar[])[]> {
    const columns = new Map((await this.#columns(path)).map(({ name, alias }) => [name, alias]));
    const selected = wanted.map(({ column, sql = (name) => name }) => {
      const alias = columns.get(column);
      return alias === undefined ? 'NULL' : sql(quoted(alias));
    });
    const result = await this.#connection.stream(`SELECT ${selected.join(', ')} FROM read_parquet($path)`, {
      path: literalPath(path),
    });
    for await (const rows of result.yieldRowsJs()) yield rows as unknown as readonly (readonly Scalar[])[];
  }

  /** The names of all columns, in the order of the file. Throws if the file is broken. */
  async columnNames(path: string): Promise<readonly string[]> {
    return (await this.#columns(path)).map(({ name }) => name);
  }

  /**
   * The name under which DuckDB selects the column of images, and its name in the file; null if there is none. Throws if
   * the file is broken.
   */
  async imageColumn(path: string): Promise<StoredColumn | null> {
    const columns = await this.#columns(path);
    return columns.findLast(({ name, type }) => type === 'BLOB' && isImageColumn(name)) ?? null;
  }

  /** The samples of the rows that have an image, in the order of the file. Throws if the file is broken. */
  async *samples(path: string): AsyncGenerator<StoredSample> {
    const image = await this.imageColumn(path);
    if (image === null) throw new Error('it has no column of images');
    const column = quoted(image.alias);
    // A connection streams one result at a time, and the rows are read beside the samples.
    const connection = await this.#instance.connect();
    try {
      const result = await connection.stream(
        `SELECT key, ${column} FROM read_parquet($path) WHERE ${column} IS NOT NULL`,
        { path: literalPath(path) },
      );
      for await (const rows of result.yieldRowsJs()) {
        for (const [key, content] of rows as unknown as [string | null, Uint8Array][]) {
          yield { key: key ?? '', members: [imageMember(image.name, content)] };
        }
      }
    } finally {
      connection.closeSync();
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #scalarColumns(path: string): Promise<StoredColumn[]> {
    return (await this.#columns(path)).filter(({ type }) => SCALAR_TYPE.test(type));
  }

  async #columns(path: string): Promise<StoredColumn[]> {
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
    return (described.getRowsJS() as [alias: string, type: string][]).map(([alias, type], index) => ({
      name: names[index] ?? alias,
      alias,
      type,
    }));
  }
}

type SchemaRow = readonly [name: string, children: bigint | null];

/** Names of the top-level columns in a schema that lists its tree in preorder, starting with the root. */
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
  const entries = names.map((name, index) => [name, values[index] ?? null] as const);
  const [all, shared] = [new Map(entries), countShared(names)];
  return {
    key: all.get('key'),
    status: all.get('status'),
    failureCode: all.get('failure_code'),
    errorMessage: all.get('error_message'),
    bytes: Number(all.get('bytes') ?? 0),
    width: all.get('width'),
    height: all.get('height'),
    subfolder: new Map(entries.slice(shared)).get('subfolder') ?? null,
    shared: new Map(entries.slice(0, shared)),
  } as StoredRow;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** DuckDB reads a path as a pattern; a class of one character matches just that character. */
function literalPath(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
