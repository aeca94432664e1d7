import { describe, expect, it } from 'vitest';
import { failureClasses } from '../../src/config/failure-classes.ts';
import { FAILURES, type FailureCode } from '../../src/core/failures.ts';

describe('failureClasses()', () => {
  it('accepts codes in any list form and case', () => {
    const expected = new Set(['timeout', 'http_429']);
    expect(failureClasses('timeout,http_429')).toEqual(expected);
    expect(failureClasses('["TIMEOUT", "http_429"]')).toEqual(expected);
  });

  it('without --class, retries failures that may be temporary, including rows of abandoned hosts', () => {
    const codes = failureClasses(undefined);
    expect(codes).toContain('host_dead');
    expect(codes).toContain('host_throttled');
    expect(codes).toContain('timeout');
    expect(codes).not.toContain('http_404');
    expect(codes).not.toContain('image_undecodable');
  });

  it('all is every code except errors in the index, and what was taken out', () => {
    const codes = failureClasses('all');
    const index = Object.keys(FAILURES).filter((code) => FAILURES[code as FailureCode].stage === 'index');
    expect(index.filter((code) => codes.has(code as FailureCode))).toEqual([]);
    expect(codes).not.toContain('removed');
    expect(codes.size + index.length + 1).toBe(Object.keys(FAILURES).length);
  });

  it.each(['url_missing', 'duplicate_url', 'removed'])('refuses %s', (code) => {
    expect(() => failureClasses(`timeout,${code}`)).toThrow(`${code} cannot be retried`);
  });
});
