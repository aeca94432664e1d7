import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeContent } from '../../../src/fetch/http/content-encoding.ts';
import { imageFixture } from '../../image/fixtures.ts';

const MAX_BYTES = 2 ** 20;
const TEXT = Buffer.from('a small text, '.repeat(40));
/** `TEXT`, as the zstd command wrote it from a pipe: a window, no length, a checksum. */
const ZSTD = Buffer.from('28b52ffd0468ad0000706120736d616c6c20746578742c2001001fa29a4a43e6f65f', 'hex');
/** The same from a file: one segment, its length, no checksum. */
const ZSTD_FILE = Buffer.from('28b52ffd603001ad0000706120736d616c6c20746578742c2001001fa29a4a', 'hex');
const JPEG = imageFixture('landscape.jpg');

const decode = async (body: Buffer, encoding: string): Promise<string> => {
  const decoded = await decodeContent(body, encoding, MAX_BYTES);
  if (typeof decoded === 'string') return decoded;
  return decoded.equals(TEXT) ? 'text' : `${decoded.length} bytes`;
};

/** A gzip header with an extra field, a name and a comment. */
const LONG_HEADER = Buffer.concat([
  Buffer.from([0x1f, 0x8b, 8, 0x1c, 0, 0, 0, 0, 0, 3, 2, 0, 1, 2]),
  Buffer.from('name\0comment\0'),
]);

test.each([
  'none',
  'utf-8',
  'binary',
  'image/jpeg',
  'aws-chunked',
  'base64',
  '8bit',
  '7bit',
  'UTF8',
  'identity, identity',
  'gzip',
  'x-gzip',
  'br',
  'deflate',
  'compress',
  'zstd',
  'gzip, br',
  'null',
  'true',
  '"gzip"',
  Array(1000).fill('br').join(),
])('takes an image as it is under the false Content-Encoding %s', async (encoding) => {
  expect(await decodeContent(JPEG, encoding, MAX_BYTES)).toBe(JPEG);
});

test.each(['rgb.png', 'lossy.webp', 'animated.gif', 'still.avif'])('takes %s as it is, too', async (name) => {
  const body = imageFixture(name);
  expect(await decodeContent(body, 'gzip', MAX_BYTES)).toBe(body);
});

test.each([
  ['gzip', gzipSync(TEXT), 'text'],
  ['X-GZIP', gzipSync(TEXT), 'text'],
  ['deflate', deflateSync(TEXT), 'text'],
  ['deflate', deflateRawSync(TEXT), 'text'],
  ['br', brotliCompressSync(TEXT), 'text'],
  ['zstd', ZSTD, 'text'],
  ['zstd', ZSTD_FILE, 'text'],
  ['zstd', Buffer.concat([ZSTD_FILE, Buffer.alloc(99)]), 'text'],
  ['gzip, gzip', gzipSync(gzipSync(TEXT)), 'text'],
  ['gzip, identity', gzipSync(TEXT), 'text'],
  [' , identity', TEXT, 'text'],
  ['deflate,br', brotliCompressSync(deflateSync(TEXT)), 'text'],
  ['br, deflate, gzip, gzip', gzipSync(gzipSync(deflateRawSync(brotliCompressSync(TEXT)))), 'text'],
  ['gzip', gzipSync(TEXT).subarray(0, -8), 'text'],
  ['gzip', gzipSync(TEXT).subarray(0, -3), 'text'],
  ['gzip', Buffer.concat([LONG_HEADER, deflateRawSync(TEXT)]), 'text'],
  // The header names a coding too many.
  ['gzip, gzip', gzipSync(JPEG), `${JPEG.length} bytes`],
])('decodes %s', async (encoding, body, expected) => {
  expect(await decode(body, encoding)).toBe(expected);
});

describe('refuses', () => {
  const zeros = (bytes: number) => Buffer.alloc(bytes);
  /** One byte repeated through many blocks of 128 KiB, which take 4 bytes each. */
  const repeated = (header: string, blocks: number) =>
    Buffer.concat([
      Buffer.from(header, 'hex'),
      ...Array.from({ length: blocks }, (_, i) =>
        Buffer.from([2 + (i === blocks - 1 ? 1 : 0), 0, 0x10, 0x61]),
      ),
    ]);
  const changed = gzipSync(TEXT);
  changed[changed.length - 6] = 99 ^ (changed.at(-6) ?? 0);
  test.each([
    ['none', TEXT, 'encoding_invalid'],
    ['constructor', TEXT, 'encoding_invalid'],
    ['gzip', TEXT, 'encoding_invalid'],
    ['deflate', TEXT, 'encoding_invalid'],
    ['zstd', TEXT, 'encoding_invalid'],
    ['zstd', Buffer.alloc(3), 'encoding_invalid'],
    ['gzip', gzipSync(TEXT).subarray(0, -12), 'encoding_invalid'],
    ['gzip', gzipSync(TEXT).subarray(0, 5), 'encoding_invalid'],
    ['gzip', changed, 'encoding_invalid'],
    ['zstd', ZSTD.subarray(0, -1), 'encoding_invalid'],
    ['zstd', ZSTD_FILE.subarray(0, -1), 'encoding_invalid'],
    [Array(5).fill('gzip').join(), gzipSync(TEXT), 'encoding_invalid'],
    ['gzip', gzipSync(zeros(MAX_BYTES + 1)), 'body_too_large'],
    ['gzip', gzipSync(zeros(MAX_BYTES + 1)).subarray(0, -8), 'body_too_large'],
    ['deflate', deflateRawSync(zeros(MAX_BYTES + 1)), 'body_too_large'],
    ['gzip, gzip', gzipSync(gzipSync(zeros(MAX_BYTES + 1))), 'body_too_large'],
    ['gzip, gzip', gzipSync(gzipSync(zeros(MAX_BYTES + 1)), { level: 0 }), 'body_too_large'],
    // A window of 8 MiB, more output than is accepted.
    ['zstd', repeated('28b52ffd0068', 100), 'body_too_large'],
    // A window of 1 GiB, and a single segment of 2 GiB.
    ['zstd', repeated('28b52ffd00a0', 2), 'encoding_invalid'],
    ['zstd', repeated('28b52ffda0ffffff7f', 2), 'encoding_invalid'],
  ])('%s: %#', async (encoding, body, code) => {
    expect(await decode(body, encoding)).toBe(code);
  });
});

test('a bomb is measured against what has arrived, however many codings it is made of', async () => {
  const bomb = gzipSync(gzipSync(Buffer.alloc(64 * 2 ** 20)));
  expect(await decodeContent(bomb, 'gzip, gzip', 2 ** 30)).toBe('encoding_invalid');
});
