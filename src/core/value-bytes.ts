import type { Value } from './columns.ts';

const SCALAR_BYTES = 16;
/** Cost of one entry of a list or struct, whatever it holds. */
const PLACE_BYTES = 8;

/** Approximate size of a value in bytes: its texts, and a small constant for everything else. */
export function valueBytes(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return value === null ? 0 : SCALAR_BYTES;
  return Object.values(value).reduce<number>((sum, item: Value) => sum + PLACE_BYTES + valueBytes(item), 0);
}
