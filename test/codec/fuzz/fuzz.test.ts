import { expect, test } from 'vitest';
import { fuzzCodec } from './fuzz-codec.ts';
import { fuzzMemory } from './fuzz-memory.ts';

// A long run: npm run fuzz -- COUNT SEED.
test('600 damaged JPEGs, PNGs and WebPs: the codec refuses each or agrees with sharp', async () => {
  const counts = await fuzzCodec(1, 600);
  expect(counts.refusedByHeader).toBeGreaterThan(50);
  expect(counts.refusedByCodec).toBeGreaterThan(50);
  expect(counts.accepted).toBeGreaterThan(5);
});

test('120 images: no result depends on what earlier images left in the memory of the kernel', () => {
  const counts = fuzzMemory(1, 120);
  expect(counts.intact).toBeGreaterThan(12);
  expect(counts.converted).toBeGreaterThan(12);
  expect(counts.scaled).toBe(120);
});
