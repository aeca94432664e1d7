import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutToBytes, isLonger } from '../../src/core/text-limits.ts';

test('cutToBytes() returns the longest prefix of whole characters that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-composite' }), fc.nat(20), (text, maxBytes) => {
      const kept = cutToBytes(text, maxBytes);
      expect(text.startsWith(kept)).toBe(true);
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(maxBytes);
      expect(isLonger(text, maxBytes)).toBe(Buffer.byteLength(text) > maxBytes);
      const [next = ''] = text.slice(kept.length);
      if (kept !== text)
        expect(Buffer.byteLength(kept) + Buffer.byteLength(next)).toBeGreaterThan(maxBytes - 2);
    }),
  );
});
