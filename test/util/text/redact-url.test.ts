import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactUrl, redactUrls } from '../../../src/util/text/redact-url.ts';

/** A text that occurs in no other part of the URLs. */
const secret = fc.stringMatching(/^[A-Z0-9+/=._~%!$'()*,:;-]{1,30}$/).map((text) => `S3CR3T${text}`);
const host = fc.constantFrom('a.test', 'bücher.example', '[::1]:8080', '127.0.0.1', 'x');
const path = fc.constantFrom('', '/', '/a.jpg', '/a;b=c/d', '/%2F');
const secretName = fc.constantFrom(
  ...[
    'sig',
    'Signature',
    'token',
    'access_token',
    'key',
    'api_key',
    'apiKey',
    'KEY',
    'auth',
    'Authorization',
  ],
  ...['credential', 'Expires', 'X-Amz-Signature', 'x-amz-credential', 'X-Goog-Date', 'AWSAccessKeyId'],
  ...['Key-Pair-Id', 'Policy', 'sv', 'se', 'sp', 'client_secret', 'session', 'password', '%73ig', 'to%6ben'],
);
const plainParameter = fc.constantFrom('width=640', 'monkey=7', 'list=1', 'id', '=', 'seo=x', 'a=b=c');

const secretUrl = fc
  .record({
    scheme: fc.constantFrom(
      'http://',
      'HTTPS://',
      'ftp://',
      '//',
      'http:/',
      'http:',
      'https:\\\\',
      'http:///',
    ),
    user: fc.option(secret),
    host,
    path,
    before: fc.array(plainParameter),
    name: fc.option(secretName),
    value: secret,
    after: fc.array(plainParameter),
    mark: fc.constantFrom('?', '#'),
  })
  .filter(({ user, name }) => user !== null || name !== null)
  .map(({ scheme, user, host, path, before, name, value, after, mark }) => {
    const parameters = [...before, ...(name === null ? [] : [`${name}=${value}`]), ...after];
    const userInfo = user === null ? '' : `${user.replace(/[/]/g, '')}@`;
    return `${scheme}${userInfo}${host}${path}${parameters.length === 0 ? '' : mark + parameters.join('&')}`;
  });

describe('redactUrl()', () => {
  it.each([
    ['https://user:pass@a.test/x.jpg', 'https://***@a.test/x.jpg'],
    ['https://user@a.test/x.jpg', 'https://***@a.test/x.jpg'],
    ['http://us er:p@ss w@a.test/', 'http://***@a.test/'],
    ['ht\ntp://us\ter:pass@a.test/?si\ng=x', 'http://***@a.test/?sig=***'],
    ['https://a.test/x.jpg?width=1&sig=abc%2F#part', 'https://a.test/x.jpg?width=1&sig=***#part'],
    ['https://a.test/?X-Amz-Signature=1&X-Amz-Date=2', 'https://a.test/?X-Amz-Signature=***&X-Amz-Date=***'],
    ['https://a.test/?sv=2020&se=9&sp=r&sig=x', 'https://a.test/?sv=***&se=***&sp=***&sig=***'],
    ['https://a.test/#access_token=abc', 'https://a.test/#access_token=***'],
    ['https://a.test/?token=a b"c', 'https://a.test/?token=***'],
    ['https://a.test/?url=http://b.test/?key=abc&w=1', 'https://a.test/?url=http://b.test/?key=***&w=1'],
    [
      'https://a.test/?url=http%3A%2F%2Fb.test%2F%3Fkey%3Dabc&w=1',
      'https://a.test/?url=http%3A%2F%2Fb.test%2F%3Fkey%3D***&w=1',
    ],
    ['https://a.test/p@th/monkey?keyword=cat&list=1', 'https://a.test/p@th/monkey?keyword=cat&list=1'],
    ['no url at all', 'no url at all'],
    ['', ''],
  ])('makes %j %j', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });

  it('removes every secret and leaves a redacted URL unchanged', () => {
    fc.assert(
      fc.property(secretUrl, (url) => {
        const redacted = redactUrl(url);
        expect(redacted).not.toContain('S3CR3T');
        expect(redactUrl(redacted)).toBe(redacted);
      }),
    );
  });

  it('leaves a URL without secrets unchanged', () => {
    // Text in a path that looks like a URL or a parameter is redacted as one, even if it is not.
    const url = fc
      .webUrl({ withQueryParameters: false, withFragments: false })
      .filter((each) => !/\/\/[^/]*@|https?:|=|%3d/i.test(new URL(each).pathname));
    fc.assert(
      fc.property(url, (each) => {
        expect(redactUrl(each)).toBe(each);
      }),
    );
  });

  it('finishes repetitive text in time, without backtracking', () => {
    for (const part of ['http://', '?', '?a', '&sig', '//@', '%3f', 'https:', '\\', "?sig='", '?sig=;']) {
      expect(redactUrl(part.repeat(20_000)).length).toBeGreaterThan(0);
      expect(redactUrls(part.repeat(20_000)).length).toBeGreaterThan(0);
    }
  });
});

describe('redactUrls()', () => {
  it.each([
    [
      "Cannot read 'http://u:p@a.test/?sig=abc', found nothing",
      "Cannot read 'http://***@a.test/?sig=***', found nothing",
    ],
    ['{"url":"http://a.test/?token=x","n":1}', '{"url":"http://a.test/?token=***","n":1}'],
    ["see http://a.test/?key=it's and more", 'see http://a.test/?key=*** and more'],
    ['mail a@b.test, ratio 1/2 @ 3', 'mail a@b.test, ratio 1/2 @ 3'],
    ['one?two=3&four', 'one?two=3&four'],
  ])('makes %j %j', (text, redacted) => {
    expect(redactUrls(text)).toBe(redacted);
  });

  it('removes every secret, wherever its URL is in the text', () => {
    fc.assert(
      fc.property(secretUrl, fc.constantFrom('', ' ', '"', "'", 'at '), (url, around) => {
        const redacted = redactUrls(`Cannot fetch ${around}${url}${around}, found`);
        expect(redacted).not.toContain('S3CR3T');
        expect(redactUrls(redacted)).toBe(redacted);
      }),
    );
  });
});
