export type Cbor =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Cbor[]
  | ReadonlyMap<Cbor, Cbor>;

const MAX_DEPTH = 16;
const MAX_ITEMS = 10_000;
const INDEFINITE = 31;
const BREAK = 0xff;

/** The first value of CBOR data (RFC 8949); undefined if it is damaged, deeper than 16 levels, or has over 10,000 items. */
export function decodeCbor(bytes: Buffer): Cbor | undefined {
  const decoder = new Decoder(bytes);
  const value = decoder.read(0);
  return decoder.isDamaged ? undefined : value;
}

class Decoder {
  isDamaged = false;
  readonly #bytes: Buffer;
  #at = 0;
  #items = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(depth: number): Cbor {
    this.#items += 1;
    const head = this.#bytes[this.#at];
    if (head === undefined || depth > MAX_DEPTH || this.#items > MAX_ITEMS) return this.#fail();
    this.#at += 1;
    const major = head >> 5;
    const info = head & 31;
    const isIndefinite = info === INDEFINITE && major >= 2 && major <= 5;
    const argument = isIndefinite ? 0 : this.#argument(info, major);
    if (this.isDamaged) return null;
    switch (major) {
      case 0:
        return argument;
      case 1:
        return -1 - argument;
      case 2:
        return isIndefinite ? Buffer.concat(this.#chunks(depth).filter(isBytes)) : this.#take(argument);
      case 3:
        return isIndefinite ? this.#chunks(depth).join('') : this.#take(argument).toString('utf8');
      case 4:
        return this.#list(isIndefinite ? null : argument, depth);
      case 5:
        return this.#map(isIndefinite ? null : argument, depth);
      case 6:
        // A tag says what its value means.
        return this.read(depth + 1);
      default:
        return info === 21 ? true : info === 20 ? false : null;
    }
  }

  /** The number that follows the head; a float gives a number without meaning. */
  #argument(info: number, major: number): number {
    if (info < 24) return info;
    const width = [1, 2, 4, 8][info - 24];
    if (width === undefined) {
      if (!(info === INDEFINITE && major === 7)) this.#fail();
      return 0;
    }
    const piece = this.#take(width);
    if (this.isDamaged) return 0;
    return width === 8 ? Number(piece.readBigUInt64BE(0)) : piece.readUIntBE(0, width);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (!(end <= this.#bytes.length)) {
      this.#fail();
      return Buffer.alloc(0);
    }
    const piece = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }

  #list(length: number | null, depth: number): Cbor[] {
    const list: Cbor[] = [];
    while (!this.isDamaged && (length === null ? !this.#takesBreak() : list.length < length)) {
      list.push(this.read(depth + 1));
    }
    return list;
  }

  #map(length: number | null, depth: number): Map<Cbor, Cbor> {
    const map = new Map<Cbor, Cbor>();
    for (
      let pairs = 0;
      !this.isDamaged && (length === null ? !this.#takesBreak() : pairs < length);
      pairs += 1
    ) {
      const key = this.read(depth + 1);
      map.set(key, this.read(depth + 1));
    }
    return map;
  }

  #chunks(depth: number): Cbor[] {
    return this.#list(null, depth);
  }

  #takesBreak(): boolean {
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at += 1;
    return true;
  }

  #fail(): null {
    this.isDamaged = true;
    return null;
  }
}

const isBytes = (value: Cbor): value is Uint8Array => value instanceof Uint8Array;
