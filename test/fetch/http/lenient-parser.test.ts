import { expect, test } from 'vitest';
import { FetchError } from '../../../src/fetch/connect/fetch-error.ts';
import { LenientParser } from '../../../src/fetch/http/lenient-parser.ts';

/** What the parser makes of an answer that arrives in pieces of so many bytes, after which the server hangs up. */
function parse(answer: string, pieceBytes: number): string {
  let found = '';
  const parser = new LenientParser({
    start: (status, headers) => {
      found += `${status} ${JSON.stringify(headers)} `;
    },
    data: (piece) => {
      found += piece.toString('latin1');
    },
  });
  const bytes = Buffer.from(answer, 'latin1');
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) parser.push(bytes.subarray(at, at + pieceBytes));
    if (!parser.isComplete) parser.end();
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    return error.code;
  }
  return found;
}

const OK = 'HTTP/1.1 200 OK\r\n';

test.each([
  ['a length', `${OK}Content-Length: 2, 2\r\nA: b\r\n\r\nabcd`, '200 {"a":["b"],"content-length":["2"]} ab'],
  [
    'chunks',
    `${OK}Transfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n01 \nb\r\n0\r\nx`,
    '200 {"transfer-encoding":["chunked"]} ab',
  ],
  ['no length', `${OK}\r\nab`, '200 {} ab'],
  ['hints first', `HTTP/1.1 103 Hints\nLink: a\n\n\nHTTP/1.1 404\n\nab`, '404 {} ab'],
  ['a folded header', `${OK}A: b\r\n\tc\r\nA: d\r\n\r\n`, '200 {"a":["b c","d"]} '],
  [
    'a header that objects have',
    `${OK}__proto__: a\r\nconstructor: b\r\n\r\n`,
    '200 {"__proto__":["a"],"constructor":["b"]} ',
  ],
  ['no answer', '', 'connection_reset'],
  ['half a head', OK, 'http_malformed'],
  ['no HTTP', 'SSH-2.0\r\n\r\n', 'http_malformed'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'http_malformed'],
  ['an upgrade', 'HTTP/1.1 101 x\r\n\r\n', 'http_malformed'],
  ['a negative length', `${OK}Content-Length: -1\r\n\r\n`, 'http_malformed'],
  ['a length of 16 digits', `${OK}Content-Length: ${'9'.repeat(16)}\r\n\r\n`, 'http_malformed'],
  ['a chunk of no size', `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 'http_malformed'],
  [
    'a chunk beyond all numbers',
    `${OK}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(13)}\r\n`,
    'http_malformed',
  ],
  ['a short body', `${OK}Content-Length: 3\r\n\r\nab`, 'body_truncated'],
  ['headers of 65 KiB', `${OK}A: ${'a'.repeat(65 * 1024)}\r\n\r\n`, 'headers_too_large'],
])('%s has one reading, wherever the pieces end', (_name, answer, expected) => {
  for (const bytes of answer.length > 1000 ? [1000, 1e6] : [1, 2, 3, 7, 1e6]) {
    expect(parse(answer, bytes)).toBe(expected);
  }
});
