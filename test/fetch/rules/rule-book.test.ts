import { expect, test } from 'vitest';
import { unreachable } from '../../../src/fetch/rules/origin-rules.ts';
import { RuleBook } from '../../../src/fetch/rules/rule-book.ts';

test('an origin whose robots.txt cannot be had is left alone for ten minutes', () => {
  let now = 1_000;
  const book = new RuleBook(['robots.txt'], { now: () => now });
  const origin = 'http://a.example';
  expect(book.missing(origin)).toBe('robots.txt');
  book.giveUp(origin, unreachable(`${origin}/robots.txt`, 'http_503'));
  for (const passed of [0, 599_999]) {
    now = 1_000 + passed;
    expect(book.missing(origin)).toBeUndefined();
    expect(book.unreachable(origin)?.raw).toBe('http_503');
  }
  now = 601_000;
  expect(book.unreachable(origin)).toBeNull();
  expect(book.missing(origin)).toBe('robots.txt');
});
