import { expect, test } from 'vitest';
import { getsOwnHeaders } from '../../src/fetch/own-headers.ts';

test.each([
  ['http://a.example/1', 'http://a.example/1', true],
  ['http://a.example/1', 'http://a.example/2?x', true],
  ['http://a.example/1', 'https://a.example/1', true],
  ['http://a.example:81/1', 'http://a.example:81/2', true],
  ['https://a.example/1', 'http://a.example/1', false],
  ['http://a.example/1', 'http://a.example:81/1', false],
  ['https://a.example/1', 'https://a.example:444/1', false],
  ['http://a.example/1', 'http://www.a.example/1', false],
  ['http://a.example/1', 'http://example/1', false],
  ['http://a.example/1', 'https://b.example/1', false],
  ['http://a.example/1', 'http://a.example.evil.example/1', false],
  ['http://127.0.0.1/1', 'http://127.0.0.2/1', false],
])('a row of %s: a request for %s has its headers: %s', (first, url, expected) => {
  expect(getsOwnHeaders(first, new URL(url))).toBe(expected);
});
