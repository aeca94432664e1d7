import { describe, expect, it } from 'vitest';
import { robotTokens } from '../../../src/config/options/domain-types.ts';
import { robotsLines } from '../../../src/rights/robots/lines.ts';
import { normalPath } from '../../../src/rights/robots/pattern.ts';
import { decidingRule, readRobots } from '../../../src/rights/robots/robots-file.ts';
import { GOOGLE_CASES } from './google-cases.ts';

/** Where we decide otherwise, by test and URL, and why. */
const DEVIATIONS: ReadonlyMap<string, string> = new Map([
  [
    'ID_Encoding http://foo.bar/foo/bar/ツ',
    'Google leaves the encoding of URLs to the caller; ours are encoded by the URL standard before they are compared',
  ],
  [
    'ID_Encoding http://foo.bar/foo/bar/baz',
    'RFC 9309, 2.2.2: percent-encoded unreserved characters must be decoded before the comparison',
  ],
  [
    'GoogleOnly_IndexHTMLisDirectory http://foo.com/allowed-slash/',
    'only Google takes index.html at the end of a pattern for the folder; RFC 9309 does not',
  ],
]);

const CHECKS = GOOGLE_CASES.flatMap(({ test, lines, checks }) =>
  checks.map(([robot, url, isAllowed]) => ({ test, lines, robot, url, isAllowed })),
);

function isAllowed(text: string, robot: string, url: string): boolean {
  const { ours } = readRobots(Buffer.from(text), { ours: [robot.toLowerCase()], others: [] });
  const { pathname, search } = new URL(url, 'http://foo.bar');
  return !ours.some((group) => decidingRule(group, pathname + search)?.allows === false);
}

describe("Google's test cases", () => {
  it('are all there', () => {
    expect(CHECKS).toHaveLength(140);
  });

  it.each(CHECKS)('$test: $robot $url', ({ test, lines, robot, url, isAllowed: expected }) => {
    const isOther = DEVIATIONS.has(`${test} ${url}`);
    expect(isAllowed(`${lines.join('\n')}\n`, robot, url)).toBe(isOther ? !expected : expected);
  });

  it.each([
    ['Foobot', true],
    ['Foobot-Bar', true],
    ['Foo_Bar', true],
    ['', false],
    ['ツ', false],
    ['Foobot*', false],
    ['Foobot/2.1', false],
    ['Foobot Bar', false],
  ])('ID_VerifyValidUserAgentsToObey: --rights-tokens %j is valid: %s', (name, isValid) => {
    expect((robotTokens.parse(name) ?? []).length > 0).toBe(isValid);
  });

  describe('GoogleOnly_LineTooLong', () => {
    const MAX_LINE = 2083 * 8;
    const long = (field: string, filler: string): string => {
      const length = MAX_LINE - '/x/'.length - `${field}: `.length + 1;
      return `/x/${filler.repeat(length - '/x/'.length)}`;
    };

    it('cuts a Disallow', () => {
      const path = long('disallow', 'a');
      const text = `user-agent: FooBot\ndisallow: ${path}/qux\n`;
      expect(isAllowed(text, 'FooBot', '/fux')).toBe(true);
      expect(isAllowed(text, 'FooBot', `${path}/fux`)).toBe(false);
    });

    it('cuts an Allow', () => {
      const [a, b] = [long('allow', 'a'), long('allow', 'b')];
      const text = `user-agent: FooBot\ndisallow: /\nallow: ${a}/qux\nallow: ${b}/qux\n`;
      expect(isAllowed(text, 'FooBot', '/')).toBe(false);
      expect(isAllowed(text, 'FooBot', `${a}/qux`)).toBe(true);
      expect(isAllowed(text, 'FooBot', `${b}/fux`)).toBe(true);
    });
  });

  const known = (bytes: Buffer): number =>
    [...robotsLines(bytes)].filter(({ name }) => /^(user-agent|allow|disallow)$/.test(name)).length;

  it.each([
    ['Unix', 'User-Agent: foo\nAllow: /some/path\nUser-Agent: bar\n\n\nDisallow: /\n'],
    ['DOS', 'User-Agent: foo\r\nAllow: /some/path\r\nUser-Agent: bar\r\n\r\n\r\nDisallow: /\r\n'],
    ['Mac', 'User-Agent: foo\rAllow: /some/path\rUser-Agent: bar\r\r\rDisallow: /\r'],
    ['no last line end', 'User-Agent: foo\nAllow: /some/path\nUser-Agent: bar\n\n\nDisallow: /'],
    ['mixed', 'User-Agent: foo\nAllow: /some/path\r\nUser-Agent: bar\n\r\n\nDisallow: /'],
  ])('ID_LinesNumbersAreCountedCorrectly: %s', (_, text) => {
    expect(known(Buffer.from(text))).toBe(4);
  });

  it.each([
    ['complete', '\xef\xbb\xbfUser-Agent: foo\nAllow: /AnyValue\n', 2],
    ['two bytes', '\xef\xbbUser-Agent: foo\nAllow: /AnyValue\n', 2],
    ['one byte', '\xefUser-Agent: foo\nAllow: /AnyValue\n', 2],
    ['broken', '\xef\x11\xbfUser-Agent: foo\nAllow: /AnyValue\n', 1],
    ['in the middle', 'User-Agent: foo\n\xef\xbb\xbfAllow: /AnyValue\n', 1],
  ])('ID_UTF8ByteOrderMarkIsSkipped: %s', (_, text, lines) => {
    expect(known(Buffer.from(text, 'latin1'))).toBe(lines);
  });

  it.each(['before', 'after'])('ID_NonStandardLineExample_Sitemap: %s the groups', (place) => {
    const groups = 'User-Agent: foo\nAllow: /some/path\nUser-Agent: bar\n\n\n';
    const line = 'Sitemap: http://foo.bar/sitemap.xml\n';
    const text = place === 'before' ? line + groups : groups + line;
    expect([...robotsLines(Buffer.from(text))]).toContainEqual({
      name: 'sitemap',
      value: 'http://foo.bar/sitemap.xml',
    });
  });

  // Their paths of texts that are no URLs have no counterpart: our URLs are parsed by the URL standard.
  it.each([
    ['http://www.example.com', '/'],
    ['http://www.example.com/', '/'],
    ['http://www.example.com/a', '/a'],
    ['http://www.example.com/a/', '/a/'],
    ['http://www.example.com/a/b?c=http://d.e/', '/a/b?c=http://d.e/'],
    ['http://www.example.com/a/b?c=d&e=f#fragment', '/a/b?c=d&e=f'],
  ])('TestGetPathParamsQuery: %s', (text, path) => {
    const { pathname, search } = new URL(text);
    expect(pathname + search).toBe(path);
  });

  it.each([
    ['http://www.example.com', 'http://www.example.com'],
    ['/a/b/c', '/a/b/c'],
    ['á', '%C3%A1'],
    ['%aa', '%AA'],
  ])('TestMaybeEscapePattern: %s', (text, normal) => {
    expect(normalPath(Buffer.from(text).toString('latin1'))).toBe(normal);
  });
});
