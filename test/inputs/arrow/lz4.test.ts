import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLz4Frame } from '../../../src/inputs/arrow/lz4.ts';

const frame = (...blocks: readonly (readonly [size: number, bytes: readonly number[]])[]): Uint8Array => {
  const header = [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0];
  const body = blocks.flatMap(([size, bytes]) => [size & 255, (size >> 8) & 255, 0, size >>> 24, ...bytes]);
  return new Uint8Array([...header, ...body, 0, 0, 0, 0]);
};
const compressed = (...bytes: readonly number[]) => [bytes.length, bytes] as const;
const stored = (...bytes: readonly number[]) => [(0x80000000 | bytes.length) >>> 0, bytes] as const;

test('decodeLz4Frame copies matches that overlap themselves or refer to an earlier block', () => {
  // One literal, then 4 bytes from 1 back, then a last literal.
  expect([...decodeLz4Frame(frame(compressed(0x10, 7, 1, 0, 0x10, 9)), 6)]).toEqual([7, 7, 7, 7, 7, 9]);
  // No literal, then 4 bytes from 4 back, which are in the previous stored block.
  expect([...decodeLz4Frame(frame(stored(1, 2, 3, 4), compressed(0x00, 4, 0, 0x10, 5)), 9)]).toEqual([
    1, 2, 3, 4, 1, 2, 3, 4, 5,
  ]);
});

test('decodeLz4Frame reads long lengths', () => {
  const literals = Array.from({ length: 300 }, (_, at) => at & 255);
  const bytes = [...decodeLz4Frame(frame(compressed(0xff, 255, 30, ...literals, 44, 1, 19, 0x10, 1)), 339)];
  expect(bytes).toEqual([...literals, ...literals.slice(0, 38), 1]);
});

test('decodeLz4Frame throws for a match before the start of the data and for a truncated block', () => {
  expect(() => decodeLz4Frame(frame(compressed(0x10, 7, 2, 0)), 5)).toThrow(
    'an LZ4 match points before the data',
  );
  expect(() => decodeLz4Frame(frame(compressed(0xf0, 255)), 300)).toThrow('an LZ4 block is cut short');
  expect(() => decodeLz4Frame(new Uint8Array(20), 5)).toThrow('expected an LZ4 frame');
});

test('decodeLz4Frame throws if the frame does not decode to the expected length', () => {
  const sevens = frame(compressed(0x10, 7, 1, 0, 0x10, 9));
  expect(() => decodeLz4Frame(sevens, 5)).toThrow('decodes to more than the expected 5 bytes');
  expect(() => decodeLz4Frame(sevens, 7)).toThrow('decodes to fewer than the expected 7 bytes');
});

test('decodeLz4Frame returns a result or throws an Error for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(300), (bytes, length) => {
      try {
        expect(decodeLz4Frame(frame(compressed(...bytes)), length)).toHaveLength(length);
      } catch (error) {
        expect(String(error)).toMatch(/LZ4/);
      }
    }),
  );
});
