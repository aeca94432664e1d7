import { describe, expect, it } from 'vitest';
import { isoDate, isoTime, isoTimestamp } from '../../src/core/iso-time.ts';

describe('isoDate()', () => {
  it.each([
    [0, '1970-01-01'],
    [19_753, '2024-01-31'],
    [-1, '1969-12-31'],
    [-719_162, '0001-01-01'],
    [2_147_483_647, null],
  ])('writes day %i as %s', (days, text) => {
    expect(isoDate(days)).toBe(text);
  });
});

describe('isoTime()', () => {
  it.each([
    [0n, '00:00:00'],
    [43_200_123_456n, '12:00:00.123456'],
    [86_399_999_999n, '23:59:59.999999'],
  ])('writes %i microseconds as %s', (microseconds, text) => {
    expect(isoTime(microseconds)).toBe(text);
  });
});

describe('isoTimestamp()', () => {
  it.each([
    [1_706_702_400_123n, 'ms', false, '2024-01-31T12:00:00.123000'],
    [1_706_702_400_000n, 'ms', true, '2024-01-31T12:00:00+00:00'],
    [1_706_702_400_123_456n, 'us', true, '2024-01-31T12:00:00.123456+00:00'],
    [1_706_702_400_123_456_789n, 'ns', false, '2024-01-31T12:00:00.123456789'],
    [1_706_702_400_123_456_000n, 'ns', false, '2024-01-31T12:00:00.123456'],
    [-1n, 'us', false, '1969-12-31T23:59:59.999999'],
    [2n ** 63n - 1n, 'us', false, null],
  ] as const)('writes %i %s (utc: %s) as %s', (value, unit, utc, text) => {
    expect(isoTimestamp(value, { unit, utc })).toBe(text);
  });
});
