import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from '../../src/util/crc32c.ts';

test.each([
  ['123456789', 0xe3069283],
  ['', 0],
  ['\0'.repeat(32), 0x8a9136aa],
  ['\xff'.repeat(32), 0x62a8ab43],
  [String.fromCharCode(...Array.from({ length: 32 }, (_, byte) => byte)), 0x46dd794e],
])('has the published value of %j (RFC 3720, appendix B.4)', (text, crc) => {
  expect(crc32c(Buffer.from(text, 'latin1'))).toBe(crc);
});

test('is the remainder of the bytes, whatever their length and place in memory', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(9), (bytes, offset) => {
      const moved = new Uint8Array(bytes.length + offset);
      moved.set(bytes, offset);
      expect(crc32c(moved.subarray(offset))).toBe(remainder(bytes));
    }),
  );
});

/** By definition, a bit at a time. */
function remainder(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
