import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Column, Value } from '../../core/columns.ts';
import type { FileDigest, NewFile } from '../store/store.ts';
import { parquetSchema } from './parquet-schema.ts';
import { hasKind, parquetValues } from './parquet-values.ts';

/**
 * Encoding a row group blocks the event loop, and so does encoding the footer, which grows with the number of groups.
 * With 10,000 rows of 25 columns, groups of 100 rows (img2dataset's size) cost 3 ms each and 42 ms for the footer,
 * groups of 250 cost 4 ms and 14 ms, groups of 1,000 cost 22 ms and 7 ms. Column statistics would double the footer, and
 * readers could skip nothing with them, because the rows are not sorted.
 */
const ROW_GROUP_ROWS = 250;
/** A row group ends after so many bytes of images and so many characters of text: readers hold one in memory. */
const ROW_GROUP_BYTES = 32 * 1024 * 1024;

/** Writes rows as Parquet, compressed with snappy, one row group at a time. */
export class ParquetFile {
  readonly #columns: readonly Column[];
  readonly #file: NewFile;
  readonly #writer: ParquetWriter;
  readonly #groupRows: number;
  /** Positions of columns of bytes and texts. */
  readonly #long: readonly number[];
  #rows: (readonly Value[])[] = [];
  #bytes = 0;

  /** `groupRows`: rows of a row group, unless their values are long. */
  constructor(file: NewFile, columns: readonly Column[], groupRows = ROW_GROUP_ROWS) {
    this.#columns = columns;
    this.#groupRows = groupRows;
    this.#long = columns.flatMap(({ type: { kind } }, index) =>
      kind === 'bytes' || kind === 'string' ? [index] : [],
    );
    this.#file = file;
    this.#writer = new ParquetWriter({
      writer: new FileWriter(file),
      schema: parquetSchema(columns),
      statistics: false,
      createdBy: 'laion-fetch',
    });
  }

  /** Appends a row, which has one value for each column. */
  async add(row: readonly Value[]): Promise<void> {
    this.#rows.push(row);
    for (const index of this.#long) this.#bytes += (row[index] as Uint8Array | string | null)?.length ?? 0;
    if (this.#rows.length === this.#groupRows || this.#bytes >= ROW_GROUP_BYTES) await this.#writeRowGroup();
  }

  /** Resolves when the file is complete and durable. */
  async finish(): Promise<FileDigest> {
    if (this.#rows.length > 0) await this.#writeRowGroup();
    await this.#writer.finish();
    return this.#file.finish();
  }

  async #writeRowGroup(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    const columnData = this.#columns.map(({ name, type }, index) => ({
      name,
      data: [
        ...parquetValues(
          rows.map((row) => row[index] ?? null),
          type,
        ),
      ],
      // A dictionary would merge 0 and -0, and is of no use for images.
      ...(hasKind(type, 'float') || type.kind === 'bytes' ? { encoding: 'PLAIN' as const } : {}),
    }));
    await this.#writer.write({ columnData, rowGroupSize: rows.length });
  }
}

/** hyparquet-writer's buffer. It is written to the file after each row group and at the end. */
class FileWriter extends ByteWriter {
  readonly #file: NewFile;

  constructor(file: NewFile) {
    super();
    this.#file = file;
  }

  async flush(): Promise<void> {
    await this.#file.write([this.getBytes()]);
    this.index = 0;
  }

  override async finish(): Promise<void> {
    await this.flush();
  }
}
