import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  parseBytes,
  parseDurationMs,
} from '../../../src/util/text/units.ts';

describe('parseBytes()', () => {
  it.each([
    ['30MiB', 31_457_280],
    ['20MB', 20_000_000],
    ['20 mb', 20_000_000],
    ['1.5g', 1_610_612_736],
    ['10k', 10_240],
    ['512', 512],
    ['512B', 512],
  ])('reads %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '3zb', '-1', '1e6', '0x10', '1 2', 'unknown', '1constructor'])('refuses %j', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });
});

describe('formatBytes()', () => {
  it.each([
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1KiB'],
    [31_457_280, '30MiB'],
    [1_610_612_736, '1.5GiB'],
    [1024 ** 2 - 1, '1MiB'],
    [5 * 1024 ** 5, '5120TiB'],
  ])('writes %d', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('is read back by parseBytes() within its one decimal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
        expect(Math.abs((parseBytes(formatBytes(bytes)) ?? Number.NaN) - bytes)).toBeLessThanOrEqual(
          bytes * 0.051,
        );
      }),
    );
  });
});

describe('parseDurationMs()', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['10', 10_000],
    ['0.25', 250],
    ['1.5m', 90_000],
    ['1h 30m', 5_400_000],
    ['1m30s', 90_000],
    ['2 H', 7_200_000],
  ])('reads %s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', 's', '10x', '-1s', '10 10', '1e3'])('refuses %j', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('formatDuration()', () => {
  it.each([
    [0, '0ms'],
    [999.9, '999ms'],
    [1000, '1s'],
    [59_999, '59.9s'],
    [60_000, '1m'],
    [90_000, '1m 30s'],
    [7_500_000, '2h 5m'],
    [273_600_000, '3d 4h'],
  ])('writes %d', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('is read back by parseDurationMs(), never as more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 11 }), (ms) => {
        const back = parseDurationMs(formatDuration(ms)) ?? Number.NaN;
        expect(back).toBeLessThanOrEqual(ms);
        expect(back).toBeGreaterThan(ms * 0.89 - 1);
      }),
    );
  });
});

describe('formatCount()', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
    [2n ** 60n, '1,152,921,504,606,846,976'],
  ])('groups the digits of %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });
});
