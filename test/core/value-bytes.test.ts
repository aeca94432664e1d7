import { expect, test } from 'vitest';
import type { Value } from '../../src/core/columns.ts';
import { valueBytes } from '../../src/core/value-bytes.ts';

test.each<[Value, number]>([
  [null, 0],
  ['ü猫', 5],
  [new Uint8Array(7), 7],
  [7n, 16],
  [true, 16],
  [[], 0],
  [[null, 'abc'], 19],
  [{ a: 1, b: ['x'] }, 41],
])('valueBytes() of %o is about %i', (value, bytes) => {
  expect(valueBytes(value)).toBe(bytes);
});
