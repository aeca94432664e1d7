import { type Data, DataType, DateUnit, type Field, Precision, TimeUnit, Vector } from 'apache-arrow';
import { BOOL, type ColumnType, DOUBLE, INT64, STRING, type Value } from '../../core/columns.ts';
import { decimalText } from '../file/decimal-text.ts';
import { jsonOf } from '../parts/convert.ts';
import { uniqueNames } from './unique-names.ts';

/** The column type for an Arrow type, and how to read its values. The index of a value counts within its data. */
export interface ArrowMapping {
  readonly type: ColumnType;
  readonly read: Read;
}

/** Calls `room` with the bytes of a value before it creates the value; `room` throws if the row has no room for them. */
type Read = (data: Data, index: number, room: (bytes: number) => void) => Value;

/** Cost of one entry of a list or struct, whatever it holds. */
const PLACE_BYTES = 8;
/** The number of digits that 256 bits can hold; no writer exceeds it. */
const MAX_SCALE = 76;

const MICROS_PER_SECOND = 1_000_000n;
const MS_PER_DAY = 86_400_000;

/** A value from Arrow's own accessor, which rounds times and copies nothing. */
function get(data: Data, index: number) {
  if (data.valueOffsets !== undefined && index + 1 >= data.valueOffsets.length) {
    throw new Error('a column has fewer values than rows');
  }
  return new Vector([data]).get(index);
}

function raw(data: Data, index: number): Value {
  const value = data.values[index];
  if (value === undefined) throw new Error('a column has fewer values than rows');
  return value;
}

/** A string or bytes. */
const getBytes: Read = (data, index, room) => {
  room(byteLength(data, index));
  const value = get(data, index);
  return typeof value === 'string' ? value : value.slice();
};

function byteLength({ type, valueOffsets, values, stride }: Data, index: number): number {
  if (DataType.isFixedSizeBinary(type)) return stride;
  if (DataType.isBinaryView(type) || DataType.isUtf8View(type)) {
    return new DataView(values.buffer, values.byteOffset, values.byteLength).getInt32(16 * index, true);
  }
  return Number(valueOffsets[index + 1]) - Number(valueOffsets[index]);
}

const mapped = (type: ColumnType, read: Read): ArrowMapping => ({
  type,
  read: (data, index, room) => (data.getValid(index) ? read(data, index, room) : null),
});

/** How to read an Arrow column. Unions become JSON; other types without a counterpart, such as intervals, strings. */
export function mapArrowType(type: DataType): ArrowMapping {
  if (DataType.isNull(type)) return { type: STRING, read: () => null };
  if (DataType.isBool(type)) return mapped(BOOL, get);
  if (DataType.isInt(type)) return mapped({ kind: 'int', bits: type.bitWidth, signed: type.isSigned }, raw);
  if (DataType.isFloat(type)) {
    if (type.precision === Precision.DOUBLE) return mapped(DOUBLE, raw);
    return mapped({ kind: 'float', bits: 32 }, type.precision === Precision.HALF ? get : raw);
  }
  if (DataType.isDecimal(type)) return mapDecimal(type.precision, type.scale);
  if (isText(type)) return mapped(STRING, getBytes);
  if (isBinary(type)) return mapped({ kind: 'bytes' }, getBytes);
  if (DataType.isDate(type)) return mapDate(type.unit);
  if (DataType.isTime(type)) return mapTime(type.unit);
  if (DataType.isTimestamp(type)) return mapTimestamp(type.unit, Boolean(type.timezone));
  if (DataType.isDuration(type)) return mapped(INT64, raw);
  if (DataType.isDictionary(type)) return mapDictionary(mapArrowType(type.dictionary));
  if (DataType.isStruct(type)) return mapStruct(type.children);
  if (DataType.isUnion(type)) return mapUnion(type.children, type.typeIds);
  const [item] = type.children ?? [];
  if (item === undefined) return mapped(STRING, (data, index) => String(get(data, index)));
  return mapList(mapArrowType(item.type), DataType.isFixedSizeList(type) ? type.listSize : null);
}

const isText = (type: DataType): boolean =>
  DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);

function isBinary(type: DataType): boolean {
  return (
    DataType.isBinary(type) ||
    DataType.isLargeBinary(type) ||
    DataType.isBinaryView(type) ||
    DataType.isFixedSizeBinary(type)
  );
}

function mapDate(unit: DateUnit): ArrowMapping {
  return mapped(
    { kind: 'date' },
    unit === DateUnit.DAY ? raw : (data, index) => Math.floor(Number(data.values[index]) / MS_PER_DAY),
  );
}

function mapTime(unit: TimeUnit): ArrowMapping {
  // The time type has no room for nanoseconds.
  if (unit === TimeUnit.NANOSECOND) return mapped(INT64, raw);
  const micros = {
    [TimeUnit.SECOND]: MICROS_PER_SECOND,
    [TimeUnit.MILLISECOND]: 1000n,
    [TimeUnit.MICROSECOND]: 1n,
  }[unit];
  return mapped({ kind: 'time' }, (data, index) => BigInt(data.values[index]) * micros);
}

function mapTimestamp(unit: TimeUnit, utc: boolean): ArrowMapping {
  const of = (unit: 'ms' | 'us' | 'ns', read = raw) => mapped({ kind: 'timestamp', unit, utc }, read);
  switch (unit) {
    case TimeUnit.SECOND:
      return of('ms', (data, index) => data.values[index] * 1000n);
    case TimeUnit.MILLISECOND:
      return of('ms');
    case TimeUnit.MICROSECOND:
      return of('us');
    case TimeUnit.NANOSECOND:
      return of('ns');
  }
}

function mapDecimal(precision: number, scale: number): ArrowMapping {
  if (Math.abs(scale) > MAX_SCALE) throw new Error(`a decimal has a scale of ${scale}`);
  // Parquet and most databases support at most 38 digits.
  const type: ColumnType = precision <= 38 && scale >= 0 ? { kind: 'decimal', precision, scale } : STRING;
  return mapped(type, ({ values, stride }, index) => {
    let unscaled = 0n;
    for (let word = stride - 1; word >= 0; word -= 1)
      unscaled = (unscaled << 32n) | BigInt(values[index * stride + word]);
    return decimalText(BigInt.asIntN(32 * stride, unscaled), scale);
  });
}

function mapDictionary({ type, read }: ArrowMapping): ArrowMapping {
  return mapped(type, (data, index, room) => {
    let key = Number(data.values[index]);
    // A dictionary that has been extended consists of several parts.
    for (const part of data.dictionary?.data ?? []) {
      if (key < part.length) return read(part, key, room);
      key -= part.length;
    }
    return null;
  });
}

function mapList({ type, read }: ArrowMapping, size: number | null): ArrowMapping {
  return mapped({ kind: 'list', element: type }, ({ children: [items], valueOffsets }, index, room) => {
    const start = size === null ? Number(valueOffsets[index]) : index * size;
    const end = size === null ? Number(valueOffsets[index + 1]) : start + size;
    // Without this check, damaged offsets could allocate gigabytes.
    if (items === undefined || !(start >= 0 && start <= end && end <= items.length)) {
      throw new Error('a list lies outside of its items');
    }
    room(PLACE_BYTES * (end - start));
    return Array.from({ length: end - start }, (_, item) => read(items, start + item, room));
  });
}

/** Each value has a type of its own, and is the next one of this type (dense) or has the place of its row (sparse). */
function mapUnion(children: readonly Field[], ids: ArrayLike<number>): ArrowMapping {
  const mappings = children.map(({ type }) => mapArrowType(type));
  const childOf = new Map(Array.from(ids, (id, child) => [id, child]));
  const read: Read = ({ typeIds, valueOffsets, children }, index, room) => {
    const child = childOf.get(typeIds[index] ?? -1) ?? -1;
    const [data, mapping] = [children[child], mappings[child]];
    const place = valueOffsets === undefined ? index : Number(valueOffsets[index]);
    if (data === undefined || mapping === undefined || !(place >= 0 && place < data.length)) {
      throw new Error('a value of a union is of no type that the union has');
    }
    const value = mapping.read(data, place, room);
    return value === null ? null : jsonOf(value, mapping.type);
  };
  return { type: { kind: 'json' }, read };
}

function mapStruct(children: readonly Field[]): ArrowMapping {
  const names = uniqueNames(children.map(({ name }) => name));
  const fields = children.map(({ type }, at) => ({ name: names[at] ?? '', mapping: mapArrowType(type) }));
  return mapped(
    { kind: 'struct', fields: fields.map(({ name, mapping }) => ({ name, type: mapping.type })) },
    (data, index, room) => {
      room(PLACE_BYTES * fields.length);
      return Object.fromEntries(
        fields.map(({ name, mapping }, child) => {
          const values = data.children[child];
          return [name, values === undefined ? null : mapping.read(values, index, room)];
        }),
      );
    },
  );
}
