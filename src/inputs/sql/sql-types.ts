import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
  listValue,
  structValue,
} from '@duckdb/node-api';
import type { ColumnType, Value } from '../../core/columns.ts';
import { quoteName } from './duckdb.ts';

const INTEGERS = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' } as const;
const TIMESTAMPS = { ms: 'TIMESTAMP_MS', us: 'TIMESTAMP', ns: 'TIMESTAMP_NS' } as const;

/** A column type in SQL. */
export function sqlType(type: ColumnType): string {
  switch (type.kind) {
    case 'bool':
      return 'BOOLEAN';
    case 'int':
      return `${type.signed ? '' : 'U'}${INTEGERS[type.bits]}`;
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'string':
      return 'VARCHAR';
    case 'json':
      return 'JSON';
    case 'bytes':
      return 'BLOB';
    case 'date':
      return 'DATE';
    case 'time':
      return 'TIME';
    case 'timestamp':
      return type.utc ? 'TIMESTAMPTZ' : TIMESTAMPS[type.unit];
    case 'list':
      return `${sqlType(type.element)}[]`;
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${sqlType(field.type)}`).join()})`;
  }
}

/** A value of the type in the form in which DuckDB takes it. */
export function sqlValue(value: Value, type: ColumnType): DuckDBValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'decimal':
      return decimalOf(String(value), type);
    case 'bytes':
      return new DuckDBBlobValue(value as Uint8Array);
    case 'date':
      return new DuckDBDateValue(value as number);
    case 'time':
      return new DuckDBTimeValue(value as bigint);
    case 'timestamp':
      return timestampOf(value as bigint, type);
    case 'list':
      return listValue((value as readonly Value[]).map((item) => sqlValue(item, type.element)));
    case 'struct': {
      const fields = value as { readonly [field: string]: Value };
      return structValue(
        Object.fromEntries(type.fields.map(({ name, type }) => [name, sqlValue(fields[name] ?? null, type)])),
      );
    }
    default:
      return value as boolean | number | bigint | string;
  }
}

type Of<K extends ColumnType['kind']> = Extract<ColumnType, { kind: K }>;

function decimalOf(text: string, { precision, scale }: Of<'decimal'>): DuckDBDecimalValue {
  const [whole = '0', fraction = ''] = text.split('.');
  return new DuckDBDecimalValue(
    BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale)),
    precision,
    scale,
  );
}

function timestampOf(value: bigint, { unit, utc }: Of<'timestamp'>): DuckDBValue {
  if (utc) {
    const micros = { ms: value * 1000n, us: value, ns: value / 1000n }[unit];
    return new DuckDBTimestampTZValue(micros);
  }
  if (unit === 'ms') return new DuckDBTimestampMillisecondsValue(value);
  return unit === 'us' ? new DuckDBTimestampValue(value) : new DuckDBTimestampNanosecondsValue(value);
}
