import { expect, test } from 'vitest';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { limitsOfPart } from '../../../src/run/engine/limits-of-part.ts';

const { options } = resolveOptions([]);
const PART = { index: 3, count: 40 };

test.each([
  ['all parts run at the same time', { partsAtOnce: null }, { perHost: 0.4, rate: 2, perHostRate: 0.1 }],
  ['four do', { partsAtOnce: 4 }, { perHost: 4, rate: 20, perHostRate: 1 }],
  ['more do than there are', { partsAtOnce: 100 }, { perHost: 0.4, rate: 2, perHostRate: 0.1 }],
])('divides the limits if %s', (_, { partsAtOnce }, expected) => {
  const given = { ...options, part: PART, partsAtOnce, perHost: 16, rate: 80, perHostRate: 4 };
  const notices: string[] = [];
  expect(limitsOfPart(given, (notice) => notices.push(notice))).toMatchObject(expected);
  expect(notices).toHaveLength(1);
});

test('leaves them to a run without parts', () => {
  const notices: string[] = [];
  expect(limitsOfPart({ ...options, partsAtOnce: 4 }, (notice) => notices.push(notice)).perHost).toBe(16);
  expect(notices).toEqual([]);
});
