import type { Column, Value } from '../../core/columns.ts';
import { shardFileName } from '../../shards/files.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import { ParquetFile } from '../metadata/parquet-file.ts';
import { RIGHTS_SOURCES, RightsTable } from '../metadata/rights-table.ts';
import type { FileDigest, Transaction } from '../store/store.ts';

/**
 * The metadata of a shard (`00042`) and, if its samples have records of rights, its table of rights. Both appear with the
 * shard, so that the table needs no end of a run, and is never older than the samples.
 */
export class MetadataFiles {
  readonly #metadata: ParquetFile;
  readonly #rights: RightsTable | null;
  /** Places of what the table of rights is made of. */
  readonly #places: readonly number[];

  private constructor(metadata: ParquetFile, rights: RightsTable | null, places: readonly number[]) {
    this.#metadata = metadata;
    this.#rights = rights;
    this.#places = places;
  }

  static async create(
    transaction: Transaction,
    shard: string,
    columns: readonly Column[],
    { rights }: Pick<DatasetShape, 'rights'>,
  ): Promise<MetadataFiles> {
    const metadata = new ParquetFile(await transaction.createFile(shardFileName(shard, 'parquet')), columns);
    if (rights === null) return new MetadataFiles(metadata, null, []);
    const table = new RightsTable(await transaction.createFile(shardFileName(shard, 'rights')));
    const names = columns.map(({ name }) => name);
    return new MetadataFiles(
      metadata,
      table,
      RIGHTS_SOURCES.map((name) => names.indexOf(name)),
    );
  }

  /** Appends a row of the metadata. */
  async add(row: readonly Value[]): Promise<void> {
    await this.#metadata.add(row);
    await this.#rights?.add(this.#places.map((at) => row[at] ?? null));
  }

  /** Resolves to the digest of the metadata when both files are complete and durable. */
  async finish(): Promise<FileDigest> {
    await this.#rights?.finish();
    return this.#metadata.finish();
  }
}
