import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NumberSet } from '../../src/util/number-set.ts';

it('has the values of a Set, also after some were removed', () => {
  // Few values of 48 bits that share their low bits, so that slots collide.
  const value = fc.tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3000 }), fc.integer({ min: 0, max: 65_535 }), (pairs, most) => {
      const values = pairs.map(([high, low]) => high * 2 ** 32 + low);
      const set = new NumberSet();
      for (const each of values) set.add(each);
      expect(set.size).toBe(new Set(values).size);
      const isKept = (each: number): boolean => each < most * 2 ** 32;
      set.keep(isKept);
      expect(set.size).toBe(new Set(values.filter(isKept)).size);
      for (const each of values) set.add(each);
      expect(set.size).toBe(new Set(values).size);
    }),
    { numRuns: 30 },
  );
});
