import { MAX_COLUMNS } from '../file/row-limits.ts';

const [SCHEMA, DICTIONARY, BATCH] = [1, 2, 3];
/** Versions count from 0. */
const [VERSION_4, VERSION_5] = [3, 4];
const UNION = 14;
/** Types that the library does not read, by their numbers; of unions it reads those of version 5. */
const UNREAD_TYPES = new Map([
  [22, 'run-end encoded'],
  [25, 'a list view'],
  [26, 'a list view'],
]);
const MAX_DEPTH = 32;
/** Size of a block in a footer: a 64-bit offset, a 32-bit length with padding, and a 64-bit length. */
const BLOCK_BYTES = 24;
/** Size of a node and of a buffer: two 64-bit integers. */
const PAIR_BYTES = 16;

/** Why a file that is not damaged is not read. */
export class ArrowRefusal extends Error {}

export type MessageKind = 'schema' | 'dictionary' | 'batch';

interface CheckedMessage {
  readonly bodyBytes: number;
  readonly kind: MessageKind;
  /** The largest number of rows or values that the batch or one of its columns declares. */
  readonly values: number;
  /** The compressed buffers of the body. Each begins with its uncompressed length as a 64-bit integer. */
  readonly packed: readonly { readonly offset: number; readonly length: number }[];
}

/** The position of a message according to the footer. */
interface Block {
  readonly kind: MessageKind;
  readonly offset: number;
  /** Length of everything before the body. */
  readonly metadataBytes: number;
  readonly bodyBytes: number;
}

/**
 * Checks that the counts and lengths in a message are possible for its bytes.
 * @throws Error if they are not
 */
export function checkMessage(metadata: Buffer): CheckedMessage {
  return orDamaged(() => {
    const message = rootOf(metadata);
    message.vector(4, 4);
    const [kind, header, bodyBytes] = [message.byte(1), message.table(2), message.int64(3)];
    if (bodyBytes < 0) throw new Error('a message claims a negative length');
    if (header === null) throw new Error('a message is empty');
    // Earlier versions list buffers in another way, and the library trusts the version that the message names.
    if (message.int16(0) < VERSION_4) throw new Error('it was written in a version before 4');
    if (message.int16(0) > VERSION_5) {
      throw new ArrowRefusal(
        `it was written in version ${message.int16(0) + 1} of the format; versions 4 and 5 are read`,
      );
    }
    if (kind === SCHEMA) {
      checkSchema(header, message.int16(0));
      return { bodyBytes, kind: 'schema', values: 0, packed: [] };
    }
    const batch = kind === BATCH ? header : kind === DICTIONARY ? header.table(1) : null;
    if (batch === null) throw new Error('a message is neither schema, dictionary nor record batch');
    return { bodyBytes, kind: kind === BATCH ? 'batch' : 'dictionary', ...checkBatch(batch, bodyBytes) };
  });
}

/**
 * Checks a footer in the same way.
 * @returns the positions of dictionaries and record batches that it lists
 */
export function checkFooter(bytes: Buffer): Block[] {
  return orDamaged(() => {
    const footer = rootOf(bytes);
    const schema = footer.table(1);
    if (schema === null) throw new Error('its footer has no schema');
    checkSchema(schema, footer.int16(0));
    footer.vector(4, 4);
    const lists = [
      [2, 'dictionary'],
      [3, 'batch'],
    ] as const;
    return lists.flatMap(([field, kind]) => {
      const { start, length } = footer.vector(field, BLOCK_BYTES) ?? { start: 0, length: 0 };
      return Array.from({ length }, (_, index) => {
        const at = start + BLOCK_BYTES * index;
        return {
          kind,
          offset: Number(bytes.readBigInt64LE(at)),
          metadataBytes: bytes.readInt32LE(at + 8),
          bodyBytes: Number(bytes.readBigInt64LE(at + 16)),
        };
      });
    });
  });
}

const rootOf = (bytes: Buffer): Table => new Table(bytes, bytes.readUInt32LE());

/** Buffer throws a RangeError for an offset outside of it. */
function orDamaged<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new Error('a message is damaged');
    throw error;
  }
}

function checkSchema(schema: Table, version: number): void {
  if (schema.int16(0) !== 0) {
    throw new ArrowRefusal(
      'its numbers are big-endian; expected little-endian, which all other machines write',
    );
  }
  schema.vector(2, 4);
  checkFields(schema, 1, version === VERSION_4);
}

function checkFields(schema: Table, field: number, isVersion4: boolean): void {
  let fields = 0;
  const visit = (parent: Table, position: number, depth: number, column: string | null): void => {
    if (depth > MAX_DEPTH) throw new Error(`its schema is nested deeper than ${MAX_DEPTH}`);
    for (const child of parent.tables(position)) {
      fields += 1;
      if (fields > MAX_COLUMNS) throw new Error(`its schema has more than ${MAX_COLUMNS} columns`);
      child.vector(6, 4);
      const name = column ?? child.text(0);
      const type = child.byte(2);
      const unread = type === UNION && isVersion4 ? 'a union of version 4' : UNREAD_TYPES.get(type);
      if (unread !== undefined) {
        const remedy = 'write the file without this column or type, or as Parquet';
        throw new ArrowRefusal(`the column '${name}' is ${unread}, a type that is not read; ${remedy}`);
      }
      visit(child, 5, depth + 1, name);
    }
  };
  visit(schema, field, 1, null);
}

function checkBatch(batch: Table, bodyBytes: number): Pick<CheckedMessage, 'values' | 'packed'> {
  let values = batch.int64(0);
  if (values < 0) throw new Error('a record batch claims a negative number of rows');
  for (const [length, nulls] of batch.pairs(1)) {
    if (length < 0 || nulls > length) throw new Error('a column claims impossible lengths');
    values = Math.max(values, length);
  }
  const buffers = batch.pairs(2).map(([offset, length]) => ({ offset, length }));
  for (const { offset, length } of buffers) {
    if (offset < 0 || length < 0 || offset + length > bodyBytes) {
      throw new Error(`a buffer claims bytes up to ${offset + length} of ${bodyBytes}`);
    }
  }
  const views = batch.int64s(4);
  if (views.some((count) => count < 0 || count > buffers.length)) {
    throw new Error('a column claims more buffers than there are');
  }
  const packed = batch.table(3) === null ? [] : buffers.filter(({ length }) => length > 0);
  if (packed.some(({ length }) => length < 8)) throw new Error('a compressed buffer is cut short');
  return { values, packed };
}

/** A table of a FlatBuffer: https://flatbuffers.dev/internals. Throws a RangeError for an offset outside of the buffer. */
class Table {
  readonly #bytes: Buffer;
  readonly #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  byte(field: number): number {
    const at = this.#find(field);
    return at === null ? 0 : this.#bytes.readUInt8(at);
  }

  int16(field: number): number {
    const at = this.#find(field);
    return at === null ? 0 : this.#bytes.readInt16LE(at);
  }

  int64(field: number): number {
    const at = this.#find(field);
    return at === null ? 0 : Number(this.#bytes.readBigInt64LE(at));
  }

  text(field: number): string {
    const { start, length } = this.vector(field, 1) ?? { start: 0, length: 0 };
    return this.#bytes.toString('utf8', start, start + length);
  }

  table(field: number): Table | null {
    const at = this.#find(field);
    return at === null ? null : new Table(this.#bytes, at + this.#bytes.readUInt32LE(at));
  }

  /** The start and length of a vector, checked to lie inside the buffer; null if the field is absent. */
  vector(field: number, elementBytes: number): { readonly start: number; readonly length: number } | null {
    const at = this.#find(field);
    if (at === null) return null;
    const head = at + this.#bytes.readUInt32LE(at);
    const length = this.#bytes.readUInt32LE(head);
    const start = head + 4;
    if (length * elementBytes > this.#bytes.length - start)
      throw new Error('a list is longer than its message');
    return { start, length };
  }

  *tables(field: number): Generator<Table> {
    const { start, length } = this.vector(field, 4) ?? { start: 0, length: 0 };
    for (let index = 0; index < length; index += 1) {
      const at = start + 4 * index;
      yield new Table(this.#bytes, at + this.#bytes.readUInt32LE(at));
    }
  }

  int64s(field: number): number[] {
    const { start, length } = this.vector(field, 8) ?? { start: 0, length: 0 };
    return Array.from({ length }, (_, index) => Number(this.#bytes.readBigInt64LE(start + 8 * index)));
  }

  pairs(field: number): (readonly [number, number])[] {
    const { start, length } = this.vector(field, PAIR_BYTES) ?? { start: 0, length: 0 };
    return Array.from({ length }, (_, index) => {
      const at = start + PAIR_BYTES * index;
      return [Number(this.#bytes.readBigInt64LE(at)), Number(this.#bytes.readBigInt64LE(at + 8))] as const;
    });
  }

  #find(field: number): number | null {
    const fields = this.#at - this.#bytes.readInt32LE(this.#at);
    const position = 4 + 2 * field;
    if (position >= this.#bytes.readUInt16LE(fields)) return null;
    const offset = this.#bytes.readUInt16LE(fields + position);
    return offset === 0 ? null : this.#at + offset;
  }
}
