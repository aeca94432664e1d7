import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import type { Column, ColumnType, Value } from '../../core/columns.ts';
import { columnsOf } from '../metadata/parquet-columns.ts';
import type { Store } from '../store/store.ts';

/** Metadata of a shard, read to be written again: the values are exactly those that `ParquetFile` was given. */
export interface StoredMetadata {
  readonly columns: readonly Column[];
  /** Rows in the order of the file, one row group at a time; each row has a value for every column. */
  rows(): AsyncGenerator<readonly (readonly Value[])[]>;
}

/**
 * Opens a Parquet file that laion-fetch wrote; throws if it is damaged. DuckDB is not used here, because it drops byte
 * order marks, converts all UTC times to microseconds and renames columns whose names differ only in case.
 */
export async function openMetadata(store: Store, name: string): Promise<StoredMetadata> {
  // A run that starts has nothing to read back.
  const { parquetMetadataAsync, parquetRead } = await import('hyparquet');
  const file = await asyncBufferOf(store, name);
  const written = await parquetMetadataAsync(file, { geoparquet: false });
  const columns = columnsOf(written.schema);
  const metadata = withPlainDecimals(written);
  return {
    columns,
    rows: async function* () {
      let rowStart = 0;
      for (const { num_rows } of metadata.row_groups) {
        const rowEnd = rowStart + Number(num_rows);
        let rows: readonly (readonly unknown[])[] = [];
        const onComplete = (read: readonly (readonly unknown[])[]): void => {
          rows = read;
        };
        await parquetRead({ file, metadata, rowStart, rowEnd, utf8: false, parsers: AS_STORED, onComplete });
        yield rows.map((row) => columns.map(({ type }, index) => ourValue(row[index], type)));
        rowStart = rowEnd;
      }
    },
  };
}

async function asyncBufferOf(store: Store, name: string): Promise<AsyncBuffer> {
  const byteLength = await store.size(name);
  if (byteLength === null) throw new Error('it is missing');
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const { buffer, byteOffset, length } = await store.readRange(name, start, end - start);
      return buffer.slice(byteOffset, byteOffset + length);
    },
  };
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

const AS_STORED = {
  timestampFromMilliseconds: (count: bigint) => count,
  timestampFromMicroseconds: (count: bigint) => count,
  timestampFromNanoseconds: (count: bigint) => count,
  dateFromDays: (days: number) => days,
  stringFromBytes: (bytes: Uint8Array) => UTF8.decode(bytes),
};

/** Leaves decimals as bytes, because hyparquet would turn them into inexact numbers. */
function withPlainDecimals(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map(({ converted_type, logical_type, ...element }) => ({
    ...element,
    ...(converted_type === undefined || converted_type === 'DECIMAL' ? {} : { converted_type }),
    ...(logical_type === undefined || logical_type.type === 'DECIMAL' ? {} : { logical_type }),
  }));
  return { ...metadata, schema };
}

/** hyparquet's value in the form of `Value`. */
function ourValue(value: unknown, type: ColumnType): Value {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'decimal':
      return decimalText(value as Uint8Array, type.scale);
    case 'list':
      return (value as readonly unknown[]).map((item) => ourValue(item, type.element));
    case 'struct': {
      const fields = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(type.fields.map(({ name, type }) => [name, ourValue(fields[name], type)]));
    }
    default:
      return value as Value;
  }
}

function decimalText(bytes: Uint8Array, scale: number): string {
  const unscaled = BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = `${unscaled < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}`;
  return scale === 0 ? whole : `${whole}.${digits.slice(-scale)}`;
}
