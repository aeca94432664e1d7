/** Handmade Parquet, byte by byte, in which every number can be false. */

/** A value of Thrift's compact protocol. A struct is its fields by id, in ascending order. */
export type Thrift =
  | { readonly i32: number }
  | { readonly i64: bigint | number }
  | { readonly text: string | Uint8Array }
  | { readonly list: readonly Thrift[] }
  | { readonly struct: Readonly<Record<number, Thrift | undefined>> }
  /** Bytes in place of a value; `type` is what they claim to be. */
  | { readonly raw: Uint8Array; readonly type: number };

export const i32 = (value: number): Thrift => ({ i32: value });
const i64 = (value: bigint | number): Thrift => ({ i64: value });
export const text = (value: string | Uint8Array): Thrift => ({ text: value });
const list = (values: readonly Thrift[]): Thrift => ({ list: values });
export const struct = (fields: Readonly<Record<number, Thrift | undefined>>): Thrift => ({ struct: fields });

const TYPES = { i32: 5, i64: 6, text: 8, list: 9, struct: 12 } as const;

function typeOf(value: Thrift): number {
  if ('raw' in value) return value.type;
  const [kind] = Object.keys(value) as (keyof typeof TYPES)[];
  if (kind === undefined) throw new Error('a value of no kind');
  return TYPES[kind];
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

const zigzag = (value: bigint): bigint => (value << 1n) ^ (value >> 63n);

function encode(value: Thrift): Buffer {
  if ('raw' in value) return Buffer.from(value.raw);
  if ('i32' in value) return varint(zigzag(BigInt(value.i32)));
  if ('i64' in value) return varint(zigzag(BigInt(value.i64)));
  if ('text' in value) {
    const bytes = Buffer.from(value.text);
    return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
  }
  if ('list' in value) {
    const [first] = value.list;
    const type = first === undefined ? TYPES.struct : typeOf(first);
    const { length } = value.list;
    const head =
      length < 15
        ? Buffer.from([(length << 4) | type])
        : Buffer.concat([Buffer.from([0xf0 | type]), varint(BigInt(length))]);
    return Buffer.concat([head, ...value.list.map(encode)]);
  }
  let last = 0;
  const parts: Buffer[] = [];
  for (const [key, field] of Object.entries(value.struct)) {
    if (field === undefined) continue;
    const id = Number(key);
    const delta = id - last;
    last = id;
    parts.push(
      delta > 0 && delta < 16
        ? Buffer.from([(delta << 4) | typeOf(field)])
        : Buffer.concat([Buffer.from([typeOf(field)]), varint(zigzag(BigInt(id)))]),
      encode(field),
    );
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

export const CODECS = { none: 0, snappy: 1, gzip: 2, brotli: 4, zstd: 6, lz4: 7 } as const;

export interface PageBytes {
  /** Bytes as in the file. */
  readonly body: Uint8Array;
  readonly values: number;
  /** What the header says. Default: the truth; only the caller knows it for `uncompressed`. */
  readonly uncompressed: number;
  readonly compressed?: number;
  readonly isDictionary?: boolean;
  /** Encoding of a data page: 0 is plain, 8 means indexes of a dictionary. */
  readonly encoding?: number;
}

export interface ColumnBytes {
  readonly name: string;
  readonly codec: keyof typeof CODECS;
  readonly pages: readonly PageBytes[];
  /** What the footer says. Default: the truth. */
  readonly values?: number;
  readonly totalUncompressed?: number;
  readonly totalCompressed?: number;
  readonly dataPageOffset?: number;
  /** Whether the footer says that the column is encrypted. */
  readonly isEncrypted?: boolean;
}

export interface FileBytes {
  readonly rows: number;
  /** A file of one row group of required strings. */
  readonly columns: readonly ColumnBytes[];
  /** Replaces what follows from the columns. */
  readonly schema?: readonly Thrift[];
  readonly footerRows?: number;
  readonly footerLength?: number;
  /** How many row groups the footer lists, all with the same bytes. Default: 1. */
  readonly groups?: number;
}

const MAGIC = Buffer.from('PAR1');

export function makeParquetBytes(file: FileBytes): Buffer {
  const { rows, columns, schema, footerRows, footerLength, groups = 1 } = file;
  const parts: Buffer[] = [MAGIC];
  let offset = MAGIC.length;
  const chunks = columns.map((column) => {
    const start = offset;
    let dataOffset: number | undefined;
    for (const page of column.pages) {
      if (!page.isDictionary) dataOffset ??= offset;
      const bytes = Buffer.concat([encode(pageHeader(page)), page.body]);
      parts.push(bytes);
      offset += bytes.length;
    }
    const encryption = column.isEncrypted ? struct({ 1: struct({}) }) : undefined;
    return struct({
      2: i64(start),
      3: columnMetaData(column, { start, end: offset, dataOffset }),
      8: encryption,
    });
  });
  const group = encode(struct({ 1: list(chunks), 2: i64(offset - MAGIC.length), 3: i64(rows) }));
  const footer = encode(
    struct({
      1: i32(1),
      2: list(schema ?? schemaOf(columns)),
      3: i64(footerRows ?? rows * groups),
      4: list(Array.from({ length: groups }, () => ({ raw: group, type: TYPES.struct }))),
    }),
  );
  return Buffer.concat([...parts, footer, trailer(footerLength ?? footer.length)]);
}

/** A file that holds only a footer. */
export function footerOnly(footer: Uint8Array, length = footer.length): Buffer {
  return Buffer.concat([MAGIC, footer, trailer(length)]);
}

function trailer(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(length);
  MAGIC.copy(bytes, 4);
  return bytes;
}

function schemaOf(columns: readonly ColumnBytes[]): Thrift[] {
  const leaves = columns.map(({ name }) => struct({ 1: i32(6), 3: i32(0), 4: text(name), 6: i32(0) }));
  return [struct({ 4: text('schema'), 5: i32(columns.length) }), ...leaves];
}

function pageHeader({ body, values, uncompressed, compressed, isDictionary, encoding }: PageBytes): Thrift {
  const kind = isDictionary
    ? { 7: struct({ 1: i32(values), 2: i32(0) }) }
    : { 5: struct({ 1: i32(values), 2: i32(encoding ?? 0), 3: i32(3), 4: i32(3) }) };
  return struct({
    1: i32(isDictionary ? 2 : 0),
    2: i32(uncompressed),
    3: i32(compressed ?? body.length),
    ...kind,
  });
}

function columnMetaData(
  column: ColumnBytes,
  { start, end, dataOffset }: { start: number; end: number; dataOffset: number | undefined },
): Thrift {
  const { name, codec, pages } = column;
  const [first] = pages;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return struct({
    1: i32(6),
    2: list([i32(0), i32(8)]),
    3: list([text(name)]),
    4: i32(CODECS[codec]),
    5: i64(column.values ?? sum(pages.map((page) => (page.isDictionary ? 0 : page.values)))),
    6: i64(column.totalUncompressed ?? sum(pages.map((page) => page.uncompressed))),
    7: i64(column.totalCompressed ?? end - start),
    9: i64(column.dataPageOffset ?? dataOffset ?? start),
    11: first?.isDictionary ? i64(start) : undefined,
  });
}

/** Strings in the plain encoding of a page. */
export function plainStrings(values: readonly string[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
