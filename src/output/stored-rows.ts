import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** What verification needs of a row of the metadata. */
export interface StoredRow {
  readonly key: string | null;
  readonly url: string | null;
  readonly status: string | null;
  readonly failureCode: string | null;
  readonly width: number | null;
}

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

  async hasColumn(path: string, column: string): Promise<boolean> {
    const names = await this.#connection.runAndReadAll('DESCRIBE SELECT * FROM read_parquet($path)', {
      path: literalPath(path),
    });
    return names.getRows().some(([name]) => name === column);
  }

  /** The rows in the order of the file. Throws where the file is broken. */
  async *rows(path: string): AsyncGenerator<StoredRow> {
    const result = await this.#connection.stream(
      'SELECT key, url, status, failure_code, width FROM read_parquet($path)',
      { path: literalPath(path) },
    );
    for await (const rows of result.yieldRowsJs()) {
      for (const [key, url, status, failureCode, width] of rows) {
        yield { key, url, status, failureCode, width } as StoredRow;
      }
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** DuckDB takes a path for a pattern; a class of one character stands for that character. */
function literalPath(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
