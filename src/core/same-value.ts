import type { Value } from './columns.ts';

/** Whether two values of one column are stored identically in Parquet: compared bit by bit, texts as UTF-8. */
export function sameValue(a: Value, b: Value): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.from(a).equals(Buffer.from(b));
  if (!(a instanceof Object) || !(b instanceof Object)) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.from(a).equals(b);
  }
  const [left, right] = [Object.entries<Value>(a), new Map(Object.entries<Value>(b))];
  return (
    left.length === right.size && left.every(([name, value]) => sameValue(value, right.get(name) ?? null))
  );
}
