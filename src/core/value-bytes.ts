import type { Value } from './columns.ts';

const SCALAR_BYTES = 16;
/** A place in a list or a struct, whatever stands there. */
const PLACE_BYTES = 8;

/** Bytes that a value takes, about: those of its texts and a little for everything else. */
export function valueBytes(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return value === null ? 0 : SCALAR_BYTES;
  return Object.values(value).reduce<number>((sum, item: Value) => sum + PLACE_BYTES + valueBytes(item), 0);
}
