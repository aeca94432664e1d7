import { describe, expect, test } from 'vitest';
import {
  closedMs,
  isAboutHost,
  isAboutRate,
  mayWait,
  pauseMs,
  slowerIntervalMs,
} from '../../../src/fetch/hosts/backoff.ts';

describe('pauseMs()', () => {
  test('doubles from 2 s up to 1 min without Retry-After', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 20].map((refusals) =>
      pauseMs(refusals, { status: 429, retryAfterMs: null }),
    );
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  test.each([
    ['the first refusal follows a short Retry-After', 1, 0, 0],
    ['the first refusal follows a long Retry-After', 1, 300_000, 300_000],
    ['a later refusal pauses at least as long as without Retry-After', 3, 1_000, 8_000],
    ['a later refusal pauses as long as a longer Retry-After says', 3, 90_000, 90_000],
  ])('%s', (_rule, refusals, retryAfterMs, expected) => {
    expect(pauseMs(refusals, { status: 503, retryAfterMs })).toBe(expected);
  });
});

test.each([
  ['stays open after an ordinary pause', 60_000, 0, null],
  ['stays open while it has refused for less than 15 min', 60_000, 899_999, null],
  ['is closed for 30 min once it has refused for 15 min', 60_000, 900_000, 1_800_000],
  ['is closed for as long as it says when that is over 15 min', 3_600_000, 0, 3_600_000],
  ['is closed for a day at most', 9e9, 0, 86_400_000],
])('closedMs(): a host %s', (_rule, pause, refusedForMs, expected) => {
  expect(closedMs(pause, refusedForMs)).toBe(expected);
});

test('a 429 is about the rate of requests, a 503 only with Retry-After', () => {
  expect(isAboutRate({ status: 429, retryAfterMs: null })).toBe(true);
  expect(isAboutRate({ status: 503, retryAfterMs: 1_000 })).toBe(true);
  expect(isAboutRate({ status: 503, retryAfterMs: null })).toBe(false);
});

describe('slowerIntervalMs()', () => {
  test.each([
    ['the first refusal without a good answer limits the rate to 2 a second', [0, 0, 0], 500],
    ['a further one changes nothing', [4_000, 0, 9_000], 4_000],
    ['the rate becomes 90 % of what the host granted', [0, 18, 10_000], 10_000 / 18 / 0.9],
    ['a time under one second counts as one second', [0, 10, 20], 1_000 / 10 / 0.9],
    ['one refusal slows a learnt rate by half at most', [1_000, 1, 60_000], 1_500],
    ['a refusal never makes the rate faster', [1_000, 100, 1_000], 1_000],
    ['the interval is 1 min at most', [50_000, 1, 600_000], 60_000],
  ] as const)('%s', (_rule, [intervalMs, granted, spanMs], expected) => {
    expect(slowerIntervalMs(intervalMs, granted, spanMs)).toBeCloseTo(expected);
  });
});

test.each([
  [1, 0, 2, true],
  [7, 5, 1, true],
  [8, 5, 1, false],
  [100, 0, 1, true],
  [1, 5, 0, false],
])('mayWait(): after %i times 429 of a host with %i good answers and with --retries %i: %s', (...row) => {
  const [refusals, answers, retries, expected] = row;
  expect(mayWait(refusals, answers, retries)).toBe(expected);
});

test.each([
  ['a 503 among good answers is about its URL', 503, null, 0.19, false],
  ['a series of 503 is about the host', 503, null, 0.27, true],
  ['a 503 of a host without a good answer is about the host', 503, null, null, true],
  ['a 503 with Retry-After is about the host', 503, 1_000, 0.1, true],
  ['a 429 is about the host', 429, null, 0, true],
] as const)('isAboutHost(): %s', (_rule, status, retryAfterMs, share, expected) => {
  expect(isAboutHost({ status, retryAfterMs }, share)).toBe(expected);
});
