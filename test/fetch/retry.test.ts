import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '../../src/core/failures.ts';
import { namedFailure } from '../../src/fetch/http/classify.ts';
import { readRetryAfter } from '../../src/fetch/http/retry-after.ts';
import { decideRetry } from '../../src/fetch/retry.ts';

const failed = (code: FailureCode, attempts: number) => ({ failure: namedFailure(code), attempts });

describe('decideRetry()', () => {
  const codes = Object.keys(FAILURES) as FailureCode[];

  test.each([
    'http_404',
    'http_410',
    'http_451',
    'http_403',
    'dns_not_found',
    'tls_certificate',
    'optout_x_robots',
  ])('never tries %s again', (code) => {
    expect(decideRetry(failed(code as FailureCode, 1), { retries: 5 }, 0.5)).toBeNull();
  });

  test('tries temporary failures as often as allowed, and no more', () => {
    const tried = [1, 2, 3].map((attempts) => decideRetry(failed('timeout', attempts), { retries: 2 }, 1));
    expect(tried).toEqual([2000, 4000, null]);
  });

  test('waits for a random part of a span that doubles up to a minute', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (code, attempts, random) => {
          const delayMs = decideRetry(failed(code, attempts), { retries: 20 }, random);
          if (!FAILURES[code].retry) expect(delayMs).toBeNull();
          else {
            expect(delayMs).toBeCloseTo(random * Math.min(60_000, 2000 * 2 ** (attempts - 1)));
          }
        },
      ),
    );
  });
});

describe('readRetryAfter()', () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0);

  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['-5', null],
    ['soon', null],
    ['1.5', null],
    ['', null],
    [null, null],
  ])('%j is %j ms', (value, expected) => {
    expect(readRetryAfter(value, now)).toBe(expected);
  });
});
