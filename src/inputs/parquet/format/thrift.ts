const [STOP, TRUE, FALSE, BYTE, I16, I32, I64] = [0, 1, 2, 3, 4, 5, 6];
const [DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID] = [7, 8, 9, 10, 11, 12, 13];

/** Parquet has no structs nested deeper than this. */
const MAX_DEPTH = 32;

/** Functions that read the fields of a struct, by field id. All other fields are skipped. */
type Visitors = Readonly<Record<number, (type: number) => void>>;

/** The bytes are not valid Thrift, or exceed a limit. */
export class ThriftError extends Error {}

/** The bytes end in the middle of a value. */
export class ThriftEnd extends ThriftError {
  constructor() {
    super('it ends in the middle of a value');
  }
}

/**
 * Reads structs in Thrift's compact protocol, the encoding of Parquet's footer and page headers. It stores nothing, reads
 * each byte once, and rejects every length that exceeds the bytes. Any input therefore takes bounded time and no memory.
 * Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export class ThriftReader {
  readonly #bytes: Buffer;
  readonly #maxElements: number;
  #elements = 0;
  #depth = 0;
  /** Offset of the next byte. */
  at = 0;

  /** `maxElements`: maximum number of elements of all lists together. */
  constructor(bytes: Buffer, maxElements = Number.POSITIVE_INFINITY) {
    this.#bytes = bytes;
    this.#maxElements = maxElements;
  }

  struct(type: number, visitors: Visitors): void {
    if (type !== STRUCT) throw new ThriftError('expected a struct');
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ThriftError(`structs are nested deeper than ${MAX_DEPTH}`);
    for (let id = 0; ; ) {
      const byte = this.#byte();
      const fieldType = byte & 15;
      if (fieldType === STOP) break;
      id = byte >> 4 === 0 ? this.#zigzag() : id + (byte >> 4);
      const visit = visitors[id];
      if (visit === undefined) this.#skip(fieldType);
      else visit(fieldType);
    }
    this.#depth -= 1;
  }

  /** Reads a top-level struct. */
  top(visitors: Visitors): void {
    this.struct(STRUCT, visitors);
  }

  /** Calls `read` for every element, and returns their number. */
  list(type: number, read: (type: number) => void): number {
    if (type !== LIST && type !== SET) throw new ThriftError('expected a list');
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    this.#count(size);
    for (let index = 0; index < size; index += 1) read(head & 15);
    return size;
  }

  /** Exact up to 2^53. */
  integer(type: number): number {
    if (type !== I16 && type !== I32 && type !== I64) throw new ThriftError('expected an integer');
    return this.#zigzag();
  }

  text(type: number): string {
    if (type !== BINARY) throw new ThriftError('expected a string');
    const length = this.#varint();
    const start = this.at;
    this.#pass(length);
    return this.#bytes.toString('utf8', start, this.at);
  }

  /** A copy of the bytes of a value, whatever it is. */
  raw(type: number): Buffer {
    const start = this.at;
    this.#skip(type);
    return Buffer.from(this.#bytes.subarray(start, this.at));
  }

  #skip(type: number): void {
    switch (type) {
      case TRUE:
      case FALSE:
        break;
      case BYTE:
        this.#pass(1);
        break;
      case I16:
      case I32:
      case I64:
        this.#varint();
        break;
      case DOUBLE:
        this.#pass(8);
        break;
      case UUID:
        this.#pass(16);
        break;
      case BINARY:
        this.#pass(this.#varint());
        break;
      case STRUCT:
        this.struct(type, {});
        break;
      case LIST:
      case SET:
        this.list(type, (element) => this.#skipElement(element));
        break;
      case MAP:
        this.#skipMap();
        break;
      default:
        throw new ThriftError(`unknown type ${type}`);
    }
  }

  /** A boolean in a list takes one byte. */
  #skipElement(type: number): void {
    if (type === TRUE || type === FALSE) this.#pass(1);
    else this.#skip(type);
  }

  #skipMap(): void {
    const size = this.#varint();
    if (size === 0) return;
    this.#count(size);
    const types = this.#byte();
    for (let index = 0; index < size; index += 1) {
      this.#skipElement(types >> 4);
      this.#skipElement(types & 15);
    }
  }

  #count(elements: number): void {
    this.#elements += elements;
    if (this.#elements > this.#maxElements) {
      throw new ThriftError(`its lists have more than ${this.#maxElements.toLocaleString('en-US')} elements`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw new ThriftEnd();
    this.at += 1;
    return byte;
  }

  #pass(length: number): void {
    if (length > this.#bytes.length - this.at) throw new ThriftEnd();
    this.at += length;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 70; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new ThriftError('an integer is longer than 64 bits');
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
