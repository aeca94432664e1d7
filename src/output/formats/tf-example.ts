import type { Column, ColumnType, Value } from '../../core/columns.ts';
import { isoDate, isoTime, isoTimestamp } from '../../core/iso-time.ts';
import type { Field, KeyedSample } from '../metadata/fields.ts';
import { valueJson } from '../metadata/sample-json.ts';

/** Bytes in pieces, so that an image is copied only once. */
type Pieces = readonly Uint8Array[];

/** Field numbers of `tensorflow.Feature`, by its kind. */
const BYTES_LIST = 1;
const FLOAT_LIST = 2;
const INT64_LIST = 3;

export interface ExampleImage {
  /** Name of its feature. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * A sample as a serialized `tensorflow.Example`, with img2dataset's features: `key`, the image, `txt` if the dataset has
 * captions, and each field of the JSON. Integers and booleans are int64 lists, floats are float lists (of 32 bits), all
 * else are bytes: texts, dates in ISO 8601, nested values as JSON. A missing text is empty, as img2dataset writes it; a
 * missing number or list has no feature, so that a feature always has the same kind.
 */
export function encodeExample(
  fields: readonly Field[],
  sample: KeyedSample,
  image: ExampleImage,
  caption: boolean,
): Buffer {
  const features = [
    feature('key', bytesList([utf8(sample.key ?? '')])),
    feature(image.name, bytesList([image.bytes])),
    ...(caption ? [feature('txt', bytesList([utf8(sample.row.caption ?? '')]))] : []),
    ...fields.flatMap(({ column, valueIn }) =>
      column.name === 'key' ? [] : fieldFeature(column, valueIn(sample)),
    ),
  ];
  return Buffer.concat(message(1, features.flat()));
}

function fieldFeature({ name, type }: Column, value: Value): readonly Pieces[] {
  const list = listOf(type, value);
  return list === null ? [] : [feature(name, list)];
}

/** Null if there is no value and none can stand for it. */
function listOf(type: ColumnType, value: Value): Pieces | null {
  const element = type.kind === 'list' ? type.element : type;
  const values = type.kind === 'list' ? (value as readonly Value[] | null) : [value];
  switch (element.kind) {
    case 'bool':
    case 'int':
      return isComplete(values)
        ? int64List(values.map((each) => BigInt(each as boolean | number | bigint)))
        : null;
    case 'float':
      return isComplete(values) ? floatList(values as readonly number[]) : null;
    default:
      return values === null ? null : bytesList(values.map((each) => bytesOf(element, each)));
  }
}

const isComplete = (values: readonly Value[] | null): values is readonly Value[] =>
  values?.every((value) => value !== null) ?? false;

function bytesOf(type: ColumnType, value: Value): Uint8Array {
  if (value === null) return utf8('');
  switch (type.kind) {
    case 'bytes':
      return value as Uint8Array;
    case 'string':
    case 'json':
    case 'decimal':
      return utf8(value as string);
    case 'date':
      return utf8(isoDate(value as number) ?? '');
    case 'time':
      return utf8(isoTime(value as bigint) ?? '');
    case 'timestamp':
      return utf8(isoTimestamp(value as bigint, type) ?? '');
    default:
      return utf8(valueJson(value, type));
  }
}

/** An entry of the map of features. */
function feature(name: string, list: Pieces): Pieces {
  return message(1, [...message(1, [utf8(name)]), ...message(2, list)]);
}

function bytesList(values: readonly Uint8Array[]): Pieces {
  return message(
    BYTES_LIST,
    values.flatMap((value) => message(1, [value])),
  );
}

function floatList(values: readonly number[]): Pieces {
  const packed = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) packed.writeFloatLE(value, 4 * at);
  return message(FLOAT_LIST, message(1, [packed]));
}

function int64List(values: readonly bigint[]): Pieces {
  return message(INT64_LIST, message(1, [Buffer.from(values.flatMap((value) => varint(value)))]));
}

/** A field of a message whose content is bytes of known length. */
function message(field: number, content: Pieces): Pieces {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  return [Buffer.from([(field << 3) | 2, ...varint(BigInt(length))]), ...content];
}

/** Negative numbers take ten bytes, as protobuf defines for int64. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
