import { type ColumnType, typeName, type Value } from '../../core/columns.ts';
import { isoDate, isoTime, isoTimestamp } from '../../core/iso-time.ts';

export type Convert = (value: Value) => Value;

const PER_SECOND = { ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n } as const;
const SECONDS_PER_DAY = 86_400n;

/** Turns values of a type into those of a wider one; null if they are the same. */
export function convertTo(to: ColumnType, from: ColumnType): Convert | null {
  if (typeName(to) === typeName(from)) return null;
  const convert = notNull(to, from);
  return (value) => (value === null ? null : convert(value));
}

function notNull(to: ColumnType, from: ColumnType): Convert {
  switch (to.kind) {
    case 'int':
      return to.bits === 64 ? (value) => BigInt(value as number) : (value) => value;
    case 'float':
      return Number;
    case 'string':
      return (value) => textOf(value, from);
    case 'json':
      return (value) => jsonOf(value, from);
    case 'bytes':
      return (value) => (typeof value === 'string' ? Buffer.from(value) : value);
    case 'timestamp':
      return toTimestamp(to, from);
    case 'list':
      return from.kind === 'list' ? listTo(to.element, from.element) : nothing;
    case 'struct':
      return from.kind === 'struct' ? structTo(to, from) : nothing;
    case 'decimal':
      return String;
    default:
      return (value) => value;
  }
}

/** For a type that is not wider, which does not occur. */
const nothing: Convert = () => null;

function toTimestamp(to: Extract<ColumnType, { kind: 'timestamp' }>, from: ColumnType): Convert {
  if (from.kind === 'date') return (days) => BigInt(days as number) * SECONDS_PER_DAY * PER_SECOND[to.unit];
  if (from.kind !== 'timestamp') return nothing;
  const factor = PER_SECOND[to.unit] / PER_SECOND[from.unit];
  return (value) => (value as bigint) * factor;
}

function listTo(to: ColumnType, from: ColumnType): Convert {
  const convert = convertTo(to, from) ?? ((value) => value);
  return (items) => (items as readonly Value[]).map(convert);
}

type StructType = Extract<ColumnType, { kind: 'struct' }>;

function structTo(to: StructType, from: StructType): Convert {
  const types = new Map(from.fields.map(({ name, type }) => [name, type]));
  const fields = to.fields.map(({ name, type }) => {
    const found = types.get(name);
    return { name, convert: (found && convertTo(type, found)) ?? ((value: Value) => value) };
  });
  return (value) => {
    const values = value as { readonly [field: string]: Value };
    return Object.fromEntries(fields.map(({ name, convert }) => [name, convert(values[name] ?? null)]));
  };
}

/** A value as text: numbers as digits, dates and times in ISO 8601, bytes in base64, lists and structs as JSON. */
function textOf(value: Value, type: ColumnType): Value {
  switch (type.kind) {
    case 'bytes':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'date':
      return isoDate(value as number);
    case 'time':
      return isoTime(value as bigint);
    case 'timestamp':
      return isoTimestamp(value as bigint, type);
    case 'list':
    case 'struct':
      return jsonOf(value, type);
    default:
      return String(value);
  }
}

/** A value as JSON. Integers keep all their digits. */
export function jsonOf(value: Value, type: ColumnType): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'json':
      return value as string;
    case 'bool':
    case 'int':
      return String(value);
    case 'float':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'list':
      return `[${(value as readonly Value[]).map((item) => jsonOf(item, type.element)).join()}]`;
    case 'struct': {
      const values = value as { readonly [field: string]: Value };
      const members = type.fields.map(
        (field) => `${JSON.stringify(field.name)}:${jsonOf(values[field.name] ?? null, field.type)}`,
      );
      return `{${members.join()}}`;
    }
    default:
      return JSON.stringify(textOf(value, type));
  }
}
