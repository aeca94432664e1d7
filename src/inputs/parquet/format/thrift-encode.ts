/** A value in Thrift's compact protocol: the number of its type, and its bytes. */
export interface Encoded {
  readonly type: number;
  readonly bytes: Buffer;
}

/** An integer up to 2^53. */
export const i32 = (value: number): Encoded => ({ type: 5, bytes: zigzag(value) });
export const i64 = (value: number): Encoded => ({ type: 6, bytes: zigzag(value) });

export function text(value: string): Encoded {
  const bytes = Buffer.from(value);
  return { type: 8, bytes: Buffer.concat([varint(bytes.length), bytes]) };
}

/** A list of values of one type. */
export function list(values: readonly Encoded[], type: number): Encoded {
  const head = Buffer.concat([Buffer.from([0xf0 | type]), varint(values.length)]);
  return { type: 9, bytes: Buffer.concat([head, ...values.map(({ bytes }) => bytes)]) };
}

/** Fields by their numbers, which ascend; those that are null are left out. */
export function struct(fields: Readonly<Record<number, Encoded | null>>): Encoded {
  const parts: Buffer[] = [];
  let last = 0;
  for (const [key, field] of Object.entries(fields)) {
    if (field === null) continue;
    const id = Number(key);
    parts.push(Buffer.from([((id - last) << 4) | field.type]), field.bytes);
    last = id;
  }
  return { type: 12, bytes: Buffer.concat([...parts, Buffer.from([0])]) };
}

const zigzag = (value: number): Buffer => varint(value < 0 ? -2 * value - 1 : 2 * value);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}
