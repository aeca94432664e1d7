/** The values of a feature. Floats have 32 bits. */
export type RecordValue =
  | { readonly kind: 'bytes'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'float'; readonly values: readonly number[] }
  | { readonly kind: 'int64'; readonly values: readonly bigint[] };

/** The features of a serialized `tensorflow.Example` by name; throws if it is damaged. */
export function decodeExample(bytes: Uint8Array): ReadonlyMap<string, RecordValue> {
  const features = new Map<string, RecordValue>();
  for (const all of fieldsOf(bytes, 1)) {
    for (const entry of fieldsOf(all, 1)) {
      const [name] = fieldsOf(entry, 1);
      const [feature] = fieldsOf(entry, 2);
      if (name === undefined || feature === undefined)
        throw new Error('a feature lacks its name or its value');
      features.set(Buffer.from(name).toString('utf8'), decodeFeature(feature));
    }
  }
  return features;
}

function decodeFeature(feature: Uint8Array): RecordValue {
  const [bytes] = fieldsOf(feature, 1);
  if (bytes !== undefined) return { kind: 'bytes', values: fieldsOf(bytes, 1) };
  const [floats] = fieldsOf(feature, 2);
  if (floats !== undefined) {
    const packed = Buffer.concat(fieldsOf(floats, 1));
    return {
      kind: 'float',
      values: Array.from({ length: packed.length / 4 }, (_, at) => packed.readFloatLE(4 * at)),
    };
  }
  const [integers] = fieldsOf(feature, 3);
  if (integers === undefined) throw new Error('a feature has no list');
  return { kind: 'int64', values: varintsOf(Buffer.concat(fieldsOf(integers, 1))) };
}

/** The contents of the fields with this number. All fields must have a length. */
function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new VarintReader(message);
  while (!reader.isAtEnd) {
    const tag = Number(reader.next());
    if ((tag & 7) !== 2) throw new Error('a field has another type than expected');
    const content = reader.take(Number(reader.next()));
    if (tag >>> 3 === wanted) found.push(content);
  }
  return found;
}

function varintsOf(packed: Uint8Array): bigint[] {
  const values: bigint[] = [];
  const reader = new VarintReader(packed);
  while (!reader.isAtEnd) values.push(BigInt.asIntN(64, reader.next()));
  return values;
}

class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Error('it ends within a number');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('a number is too long');
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error('it ends within a field');
    const content = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return content;
  }
}
