import { normalize } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSubfolder } from '../../../src/inputs/fields/subfolders.ts';

test.each([
  ['cat', 'cat'],
  [' cat ', 'cat'],
  ['..', '__'],
  ['.', '_'],
  ['../x', '___x'],
  ['a\\b/c', 'a_b_c'],
  ['a\u0000b\u202ec', 'a_b_c'],
  ['COM1.x', '_COM1.x'],
  ['', '_'],
  [null, '_'],
  ['ü'.normalize('NFD'), 'ü'],
  ['ü'.repeat(60), 'ü'.repeat(50)],
])('%j is the folder %j', (value, folder) => {
  expect(readSubfolder(value)).toBe(folder);
});

test('every value is the name of one folder, and its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 150 }), (value) => {
      const folder = readSubfolder(value);
      expect(normalize(`/shard/${folder}/x`)).toBe(`/shard/${folder}/x`);
      expect(folder).toMatch(/^[^./\\][^/\\]*$/);
      expect(Buffer.byteLength(folder)).toBeLessThanOrEqual(102);
      expect(folder).not.toMatch(/[. ]$/);
    }),
  );
});
