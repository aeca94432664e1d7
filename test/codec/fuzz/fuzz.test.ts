import { expect, test } from 'vitest';
import { fuzzCodec } from './fuzz-codec.ts';

// A long run: npm run fuzz -- COUNT SEED.
test('600 damaged JPEGs and PNGs: the codec refuses each or agrees with sharp', async () => {
  const counts = await fuzzCodec(1, 600);
  expect(counts.refusedByHeader).toBeGreaterThan(50);
  expect(counts.refusedByCodec).toBeGreaterThan(50);
  expect(counts.accepted).toBeGreaterThan(5);
});
