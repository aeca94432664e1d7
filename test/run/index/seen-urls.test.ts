import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ShardId } from '../../../src/core/samples.ts';
import { SeenUrls } from '../../../src/run/index/seen-urls.ts';

const place = (position: number) => ({ id: (position >> 2) as ShardId, index: position & 3 });

test('finds the first row of each URL, however many URLs there are', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3000 }), { maxLength: 5000 }), (pages) => {
      const seen = new SeenUrls();
      const first = new Map<number, number>();
      for (const [position, page] of pages.entries()) {
        const earlier = first.get(page);
        const found = seen.findOrAdd(`http://a.example/${page}`, place(position));
        expect(found).toEqual(earlier === undefined ? null : place(earlier));
        if (earlier === undefined) first.set(page, position);
      }
    }),
    { numRuns: 20 },
  );
});

test.each([
  ['http://A.example/x', 'http://a.example:80/x', true],
  ['http://a.example/x#top', 'http://a.example/x', true],
  ['http://a.example/ä', 'http://a.example/%C3%A4', true],
  ['http://a.example/x', 'https://a.example/x', false],
  ['http://a.example/x', 'http://a.example/X', false],
  ['http://a.example/?a=1&b=2', 'http://a.example/?b=2&a=1', false],
  ['no url', 'no url', false],
])('%s and %s are one URL: %s', (one, other, same) => {
  const seen = new SeenUrls();
  seen.findOrAdd(one, place(0));
  expect(seen.findOrAdd(other, place(1)) !== null).toBe(same);
});
