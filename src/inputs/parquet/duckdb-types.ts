import {
  type DuckDBArrayValue,
  type DuckDBBlobValue,
  type DuckDBDateValue,
  type DuckDBListValue,
  type DuckDBMapValue,
  type DuckDBStructValue,
  type DuckDBTimeNSValue,
  type DuckDBTimestampMillisecondsValue,
  type DuckDBTimestampNanosecondsValue,
  type DuckDBTimestampSecondsValue,
  type DuckDBTimestampTZValue,
  type DuckDBTimestampValue,
  type DuckDBTimeTZValue,
  type DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import { BOOL, type ColumnType, DOUBLE, INT32, INT64, STRING, type Value } from '../../core/columns.ts';
import { decimalText } from '../file/decimal-text.ts';
import type { Meaning } from './format/meaning.ts';

/** The column type for a DuckDB type. `convert` turns its values, except null, into ours; null if no conversion is needed. */
export interface DuckDBMapping {
  readonly type: ColumnType;
  readonly convert: ((value: DuckDBValue) => Value) | null;
}

const same = (type: ColumnType): DuckDBMapping => ({ type, convert: null });
const integer = (bits: 8 | 16 | 32 | 64, signed: boolean): DuckDBMapping =>
  same({ kind: 'int', bits, signed });

/** DuckDB guarantees the type of `convert`'s argument through the type id that the mapping belongs to. */
const mapped = <T extends DuckDBValue>(type: ColumnType, convert: (value: T) => Value): DuckDBMapping => ({
  type,
  convert: convert as (value: DuckDBValue) => Value,
});

const timestamp = <T extends DuckDBValue & { readonly isFinite: boolean }>(
  unit: 'ms' | 'us' | 'ns',
  count: (value: T) => bigint,
  utc = false,
): DuckDBMapping =>
  mapped<T>({ kind: 'timestamp', unit, utc }, (value) => (value.isFinite ? count(value) : null));

const SIMPLE: Partial<Record<DuckDBTypeId, DuckDBMapping>> = {
  [DuckDBTypeId.BOOLEAN]: same(BOOL),
  [DuckDBTypeId.TINYINT]: integer(8, true),
  [DuckDBTypeId.SMALLINT]: integer(16, true),
  [DuckDBTypeId.INTEGER]: same(INT32),
  [DuckDBTypeId.BIGINT]: same(INT64),
  [DuckDBTypeId.UTINYINT]: integer(8, false),
  [DuckDBTypeId.USMALLINT]: integer(16, false),
  [DuckDBTypeId.UINTEGER]: integer(32, false),
  [DuckDBTypeId.UBIGINT]: integer(64, false),
  [DuckDBTypeId.FLOAT]: same({ kind: 'float', bits: 32 }),
  [DuckDBTypeId.DOUBLE]: same(DOUBLE),
  [DuckDBTypeId.HUGEINT]: mapped({ kind: 'decimal', precision: 38, scale: 0 }, String),
  [DuckDBTypeId.DATE]: mapped<DuckDBDateValue>({ kind: 'date' }, (date) =>
    date.isFinite ? date.days : null,
  ),
  [DuckDBTypeId.TIME]: mapped<DuckDBTimeValue>({ kind: 'time' }, ({ micros }) => micros),
  [DuckDBTypeId.TIME_TZ]: mapped<DuckDBTimeTZValue>({ kind: 'time' }, ({ micros }) => micros),
  // The time type has no room for nanoseconds.
  [DuckDBTypeId.TIME_NS]: mapped<DuckDBTimeNSValue>(INT64, ({ nanos }) => nanos),
  [DuckDBTypeId.TIMESTAMP_S]: timestamp<DuckDBTimestampSecondsValue>('ms', ({ seconds }) => seconds * 1000n),
  [DuckDBTypeId.TIMESTAMP_MS]: timestamp<DuckDBTimestampMillisecondsValue>('ms', ({ millis }) => millis),
  [DuckDBTypeId.TIMESTAMP_NS]: timestamp<DuckDBTimestampNanosecondsValue>('ns', ({ nanos }) => nanos),
  [DuckDBTypeId.TIMESTAMP_TZ]: timestamp<DuckDBTimestampTZValue>('us', ({ micros }) => micros, true),
};

/**
 * How to read a DuckDB column. Types without a counterpart, such as INTERVAL and UUID, become strings. `nextMeaning` says
 * of each type without others below, in order, what its bytes are.
 */
export function mapDuckDBType(type: DuckDBType, nextMeaning: () => Meaning | null): DuckDBMapping {
  const map = (part: DuckDBType): DuckDBMapping => mapDuckDBType(part, nextMeaning);
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return mapList(map(type.valueType));
    case DuckDBTypeId.STRUCT:
      return mapStruct(type.entryNames, type.entryTypes.map(map));
    case DuckDBTypeId.MAP:
      return mapMap(map(type.keyType), map(type.valueType));
    default:
      return mapScalar(type, nextMeaning());
  }
}

function mapScalar(type: DuckDBType, meaning: Meaning | null): DuckDBMapping {
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      return same(type.alias === 'JSON' ? { kind: 'json' } : STRING);
    case DuckDBTypeId.ENUM:
      return same(STRING);
    case DuckDBTypeId.DECIMAL:
      return mapped({ kind: 'decimal', precision: type.width, scale: type.scale }, String);
    case DuckDBTypeId.BLOB:
      return mapBytes(meaning);
    case DuckDBTypeId.TIMESTAMP:
      return timestamp<DuckDBTimestampValue>('us', ({ micros }) => micros, meaning?.kind === 'utc');
    default:
      return SIMPLE[type.typeId] ?? mapped(STRING, String);
  }
}

/** Text has replacement characters for bytes that are not UTF-8. */
function mapBytes(meaning: Meaning | null): DuckDBMapping {
  if (meaning?.kind === 'decimal') {
    // Parquet and most databases support at most 38 digits.
    return mapped<DuckDBBlobValue>(STRING, ({ bytes }) => decimalText(bigEndian(bytes), meaning.scale));
  }
  if (meaning?.kind === 'string' || meaning?.kind === 'json') {
    return mapped<DuckDBBlobValue>({ kind: meaning.kind }, ({ bytes }) =>
      Buffer.from(bytes).toString('utf8'),
    );
  }
  return mapped<DuckDBBlobValue>({ kind: 'bytes' }, ({ bytes }) => bytes);
}

function bigEndian(bytes: Uint8Array): bigint {
  const digits = Buffer.from(bytes).toString('hex');
  return digits === '' ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${digits}`));
}

/** Number of types without others below, which are the leaves of a Parquet schema. */
export function countScalars(type: DuckDBType): number {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return countScalars(type.valueType);
    case DuckDBTypeId.STRUCT:
      return type.entryTypes.reduce((sum, entry) => sum + countScalars(entry), 0);
    case DuckDBTypeId.MAP:
      return countScalars(type.keyType) + countScalars(type.valueType);
    default:
      return 1;
  }
}

const orNull = (value: DuckDBValue | undefined, { convert }: DuckDBMapping): Value =>
  value === null || value === undefined ? null : convert === null ? (value as Value) : convert(value);

function mapList(element: DuckDBMapping): DuckDBMapping {
  return mapped<DuckDBListValue | DuckDBArrayValue>({ kind: 'list', element: element.type }, ({ items }) =>
    items.map((item) => orNull(item, element)),
  );
}

function mapStruct(names: readonly string[], mappings: readonly DuckDBMapping[]): DuckDBMapping {
  const fields = mappings.map((mapping, index) => ({ name: names[index] ?? '', mapping }));
  return mapped<DuckDBStructValue>(
    { kind: 'struct', fields: fields.map(({ name, mapping }) => ({ name, type: mapping.type })) },
    ({ entries }) =>
      Object.fromEntries(fields.map(({ name, mapping }) => [name, orNull(entries[name], mapping)])),
  );
}

function mapMap(key: DuckDBMapping, value: DuckDBMapping): DuckDBMapping {
  const fields = [
    { name: 'key', type: key.type },
    { name: 'value', type: value.type },
  ];
  return mapped<DuckDBMapValue>({ kind: 'list', element: { kind: 'struct', fields } }, ({ entries }) =>
    entries.map((entry) => ({ key: orNull(entry.key, key), value: orNull(entry.value, value) })),
  );
}
