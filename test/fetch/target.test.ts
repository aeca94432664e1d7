import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { storedObject } from '../../src/fetch/stores/store-url.ts';
import { parseKnownUrl, parseTarget } from '../../src/fetch/target.ts';

describe('parseTarget()', () => {
  test('accepts other letters after thousands of URLs as well', () => {
    for (let row = 0; row < 20_000; row += 1) parseTarget(`http://example.com/${row}`);
    for (const url of ['http://bücher.example/é', 'http://例え.jp/画像', 'http://пример.рф/']) {
      expect(parseTarget(url)).toHaveProperty('host');
    }
  });

  test.each([
    ['http://Example.COM/a.jpg', 'example.com', 80, 'http://example.com/a.jpg'],
    ['  https://example.com/a b.jpg#part\n', 'example.com', 443, 'https://example.com/a%20b.jpg'],
    ['http://user:secret@example.com:8080/x', 'example.com', 8080, 'http://example.com:8080/x'],
    [
      'http://bücher.example/ä?q=ü',
      'xn--bcher-kva.example',
      80,
      'http://xn--bcher-kva.example/%C3%A4?q=%C3%BC',
    ],
    ['http://[::1]/', '::1', 80, 'http://[::1]/'],
    ['http://0x7f.1/', '127.0.0.1', 80, 'http://127.0.0.1/'],
    ['http://example.com./', 'example.com', 80, 'http://example.com./'],
    ['http://example.com..:81/a', 'example.com', 81, 'http://example.com:81/a'],
    ['https://example.com。。。/a', 'example.com', 443, 'https://example.com/a'],
    ['http://127.1../', '127.0.0.1', 80, 'http://127.0.0.1/'],
    ['http://[::ffff:127.0.1.4]/', '127.0.1.4', 80, 'http://[::ffff:7f00:104]/'],
    ['http://[0:0:0:0:0:FFFF:7f00:0104]/', '127.0.1.4', 80, 'http://[::ffff:7f00:104]/'],
    ['http://[64:ff9b::7f00:104]/', '127.0.1.4', 80, 'http://[64:ff9b::7f00:104]/'],
    ['http://0177.0.0x1.4./', '127.0.1.4', 80, 'http://127.0.1.4/'],
    ['http://2130706692/', '127.0.1.4', 80, 'http://127.0.1.4/'],
  ])('%j', (text, host, port, href) => {
    expect(parseTarget(text)).toMatchObject({ host, port, url: { href } });
  });

  test.each([
    [null, 'url_missing'],
    ['', 'url_missing'],
    [' \t', 'url_missing'],
    ['foo', 'url_invalid'],
    ['http://example.com/a\tcaption', 'url_invalid'],
    ['http://example.com/a\r\nhttp://example.com/b', 'url_invalid'],
    ['http://exam\nple.com/a', 'url_invalid'],
    ['http://example.com/a\u0000b', 'url_invalid'],
    ['http://example.com/a\u007fb', 'url_invalid'],
    ['http://example.com/a\t caption', 'url_invalid'],
    ['//example.com/a', 'url_invalid'],
    ['http://', 'url_invalid'],
    ['http://[::1', 'url_invalid'],
    ['http://./', 'url_invalid'],
    ['http://../', 'url_invalid'],
    ['http://1.2.3.4.5../', 'url_invalid'],
    ['ftp://example.com/a', 'url_scheme'],
    ['file:///etc/passwd', 'url_scheme'],
    ['data:image/png;base64,AA==', 'url_scheme'],
  ])('%j ends as %s', (text, code) => {
    expect(parseTarget(text)).toEqual({ code });
  });

  test('accepts URLs of up to 8 KiB, counted in bytes, not in characters', () => {
    const start = 'http://example.com/';
    const fits = start + 'a'.repeat(8192 - start.length);
    expect(parseTarget(fits)).toMatchObject({ host: 'example.com' });
    expect(parseTarget(`${fits}a`)).toEqual({ code: 'url_too_long' });
    expect(parseTarget(start + 'ü'.repeat(4096))).toEqual({ code: 'url_too_long' });
  });

  test.each([
    ['example.com/a', 'https://example.com/a'],
    ['//example.com/a', 'https://example.com/a'],
    [' example.com:8080/a ', 'https://example.com:8080/a'],
    ['localhost:81', 'https://localhost:81/'],
    ['http://example.com/a', 'http://example.com/a'],
    ['/a.jpg', 'url_invalid'],
    ['?a', 'url_invalid'],
    ['', 'url_missing'],
    ['data:image/png;base64,AA==', 'url_scheme'],
    ['mailto:a@example.com', 'url_scheme'],
  ])('with https:// as its base, %j is %j', (text, expected) => {
    const target = parseTarget(text, 'https://');
    expect('code' in target ? target.code : target.url.href).toBe(expected);
  });

  test('resolves a redirect relative to its source', () => {
    expect(parseTarget('../b.jpg?x', 'https://example.com/a/c/d.jpg')).toMatchObject({
      url: { href: 'https://example.com/a/b.jpg?x' },
    });
  });
});

describe('the URL of an object in a store', () => {
  const allowed = ['s3://bucket/images', 'gs://other', 'abfss://c@acc1.dfs.core.windows.net'];

  test.each([
    ['s3://bucket/images/a.jpg', 's3://bucket', 'images/a.jpg'],
    ['S3A://bucket/images/a b%20?#ü', 's3://bucket', 'images/a b%20?#ü'],
    [' gcs://other/a//b ', 'gs://other', 'a//b'],
    ['abfs://c@acc1.dfs.core.windows.net/a', 'abfss://c@acc1.dfs.core.windows.net', 'a'],
  ])('is a target if it is allowed, also in another thread: %s', (text, root, key) => {
    const target = parseTarget(text, null, allowed);
    if ('code' in target) throw new Error(target.code);
    expect(storedObject(target.url)).toEqual({ root, key });
    expect(target.host).toBe(root);
    expect(parseKnownUrl(target.url.href)).toEqual(target);
  });

  test.each([
    ['s3://bucket/image/a.jpg'],
    ['s3://bucket/images'],
    ['s3://bucket/images/../secret/a.jpg'],
    ['s3://bucket/images/./a.jpg'],
    ['s3://bucket2/images/a.jpg'],
    ['s3://key:secret@bucket/images/a.jpg'],
    ['az://c/a'],
    ['gs://other'],
    ['file:///etc/passwd'],
  ])('is refused by its scheme if it is not: %s', (text) => {
    expect(parseTarget(text, null, allowed)).toEqual({ code: 'url_scheme' });
  });

  test('keeps every key', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (segments) => {
        const key = `a${segments.join('/').replace(/[\p{Cc}]/gu, '')}z`;
        const target = parseTarget(`gs://other/${key}`, null, allowed);
        if ('code' in target) expect(key.split('/').some((each) => /^\.\.?$/.test(each))).toBe(true);
        else expect(storedObject(target.url).key).toBe(key);
      }),
    );
  });
});
