import { expect, test } from 'vitest';
import { requestHeaders } from '../../../src/config/options/request-headers.ts';

test.each([
  ['Referer: https://r.example/', ['Referer: https://r.example/']],
  ['referer:x', ['referer: x']],
  ['X-A:  1 \nX-B: b: c', ['X-A: 1', 'X-B: b: c']],
  [
    '["Cookie: a=b; c=\\"d\\"", "Authorization: Bearer x"]',
    ['Cookie: a=b; c="d"', 'Authorization: Bearer x'],
  ],
])('%j are headers', (text, headers) => {
  expect(requestHeaders.parse(text)).toEqual(headers);
});

test.each([
  ...[
    'Host: x',
    'Connection: close',
    'Transfer-Encoding: chunked',
    'proxy-authorization: x',
    'Range: bytes=0-1',
  ],
  ...[
    'If-None-Match: "x"',
    'Accept-Encoding: gzip',
    'User-Agent: x',
    'Content-Length: 3',
    'no colon',
    ': x',
    'X:',
  ],
  ...['X: a\r\nY: b', 'X: ü', 'X Y: z', 'X: 1\nx: 2', 'X: a\u0000', 'X: \u007f', `X: ${'y'.repeat(8192)}`],
])('%j are none', (text) => {
  expect(requestHeaders.parse(text)).toBeUndefined();
});

test('values are never shown', () => {
  expect(requestHeaders.format(['Authorization: s3cret', 'X-A: s3cret'])).toBe('authorization, x-a');
  expect(requestHeaders.isSecret).toBe(true);
});
