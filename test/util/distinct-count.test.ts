import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistinctCount } from '../../src/util/distinct-count.ts';

function count(texts: Iterable<string>, most?: number) {
  const counter = new DistinctCount(most);
  for (const text of texts) counter.add(text);
  return counter.result;
}

describe('DistinctCount', () => {
  it('is exact while the texts are few enough', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 2 })), (texts) => {
        const distinct = new Set(texts).size;
        expect(count(texts, Math.max(1, distinct))).toEqual({ count: distinct, margin: 0 });
      }),
    );
  });

  it('depends on the set of texts alone, not on their order or number', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 20 }), (texts, most) => {
        const other = [...texts].reverse().concat(texts);
        expect(count(other, most)).toEqual(count(texts, most));
      }),
    );
  });

  it.each([50_000, 200_000])('estimates %d texts within its margin out of 4,096 hashes', (distinct) => {
    const texts = Array.from({ length: distinct }, (_, index) => `http://a.example/${index}.jpg`);
    const { count: found, margin } = count([...texts, ...texts.slice(0, 10_000)], 4096);
    expect(margin).toBeGreaterThan(0);
    expect(margin).toBeLessThan(distinct * 0.05);
    expect(Math.abs(found - distinct)).toBeLessThanOrEqual(margin);
  });
});
