import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches, normalPath, readPattern } from '../../../src/rights/robots/pattern.ts';
import { decidingRule, readRobots, usageFor } from '../../../src/rights/robots/robots-file.ts';

const NAMES = { ours: ['laion-fetch', 'img2dataset', 'laiondownloader'], others: ['gptbot'] };
const read = (...lines: string[]) => readRobots(Buffer.from(lines.join('\n')), NAMES);

/** Whether one of our groups disallows the path. */
const isDenied = (file: ReturnType<typeof read>, path: string): boolean =>
  file.ours.some((group) => decidingRule(group, path)?.allows === false);

describe('readRobots()', () => {
  it.each([
    ['User-agent: img2dataset', true],
    ['User-agent: img2dataset/1.47', true],
    ['User-agent: LAIONDownloader', true],
    ['User-agent: Laion-Fetch # ours', true],
    ['User-agent: img', false],
    ['User-agent: img2', false],
    ['User-agent: laion', false],
  ])('%s concerns us: %s', (line, isOurs) => {
    expect(isDenied(read('User-agent: *', 'Allow: /', line, 'Disallow: /'), '/x.jpg')).toBe(isOurs);
  });

  it('denies if any of our names is denied, and asks * only without a group of ours', () => {
    const file = read('User-agent: laion-fetch', 'Allow: /', '', 'User-agent: img2dataset', 'Disallow: /a/');
    expect(isDenied(file, '/a/x.jpg')).toBe(true);
    expect(isDenied(file, '/b/x.jpg')).toBe(false);
    const own = read('User-agent: *', 'Disallow: /', 'User-agent: laion-fetch', 'Disallow:');
    expect(isDenied(own, '/x.jpg')).toBe(false);
  });

  it('merges the groups of a robot, as those of Cloudflare before those of the site', () => {
    const file = read(
      ...['User-agent: *', 'Content-Signal: search=yes,ai-train=no', 'Allow: /', ''],
      ...[
        'User-agent: GPTBot',
        'Disallow: /',
        '',
        'User-agent: *',
        'Disallow: /private/',
        'Crawl-delay: 2.5',
      ],
    );
    expect(isDenied(file, '/private/x.jpg')).toBe(true);
    expect(isDenied(file, '/x.jpg')).toBe(false);
    expect(file.ours[0]).toMatchObject({ signals: ['search=yes,ai-train=no'], crawlDelay: 2.5 });
    expect(file.others.get('gptbot')?.rules).toMatchObject([{ raw: 'Disallow: /' }]);
  });

  it('takes Content-Signal before any group for everybody, and License for all groups', () => {
    const file = read(
      'License: https://a.example/l.xml',
      'Content-Signal: ai-train=no',
      'User-agent: X',
      'Disallow: /',
    );
    expect(file.ours).toMatchObject([{ signals: ['ai-train=no'] }]);
    expect(file.licenses).toEqual(['https://a.example/l.xml']);
  });

  it('does not end a list of robots at other records', () => {
    const file = read(
      'User-agent: laion-fetch',
      'Content-Signal: ai-train=no',
      'User-agent: Other',
      'Disallow: /',
    );
    expect(isDenied(file, '/')).toBe(true);
    expect(file.ours[0]?.signals).toEqual(['ai-train=no']);
  });

  it('ends a list of robots at Content-Usage, which AIPREF makes a rule', () => {
    const usage = 'Content-Usage: / train-ai=n';
    expect(read('User-agent: GPTBot', usage, 'User-agent: *', 'Allow: /').ours[0]?.usage).toEqual([]);
    const ours = read('User-agent: laion-fetch', usage, 'User-agent: *', 'Disallow: /');
    expect(isDenied(ours, '/x.jpg')).toBe(false);
    expect(ours.ours[0]?.usage).toMatchObject([{ raw: usage }]);
  });

  it.each(['utf16le', 'utf16be'])('reads %s with its mark', (encoding) => {
    const body = Buffer.from('\ufeffUser-agent: *\nDisallow: /\xe9', 'utf16le');
    const file = readRobots(encoding === 'utf16le' ? body : body.swap16(), NAMES);
    expect(isDenied(file, '/%C3%A9.jpg')).toBe(true);
  });

  it.each([
    ['Disallow: /~foo', '/%7Efoo', true],
    ['Disallow: /%7efoo', '/~foo', true],
    ['Disallow: /a%2fb', '/a%2Fb', true],
    // RFC 9309, 2.2.2 and 2.2.3: reserved characters are equal to their codes, but codes are no signs of a pattern.
    ['Disallow: /a%2Fb', '/a/b', true],
    ['Disallow: /p?u=http://x.y', '/p?u=http%3A%2F%2Fx.y', true],
    ['Disallow: /*u=http%3a%2f%2Fx.y', '/p?u=http://x.y', true],
    ['Disallow: /Special%3A', '/Special:Upload', true],
    ['Disallow: /a b|c', '/a%20b%7Cc', true],
    ['Disallow: /a-%2A.jpg', '/a-*.jpg', true],
    ['Disallow: /a-%2A.jpg', '/a-b.jpg', false],
    ['Disallow: /a-%24', '/a-$', true],
    ['Disallow: /a-%24', '/a-', false],
    ['Disallow: /a-%24$', '/a-$b', false],
    ['Disallow: /$a', '/$a', true],
    ['Disallow: photos/', '/photos/x.jpg', true],
    ['Disallow: photos/', '/a/photos/x.jpg', false],
    ['Disallow: /', '/robots.txt', false],
    ['Disallow: *.jpg', '/a/x.jpg', true],
    ['Disallow: /*?size=', '/x.jpg?size=1', true],
    ['Disallow: /*.jpg$', '/x.jpg?size=1', false],
    ['Disallow: /a**b*$', '/axxbyy', true],
  ])('%s on %s: %s', (line, path, expected) => {
    expect(isDenied(read('User-agent: *', line), path)).toBe(expected);
  });

  it('reads preferences with and without a path; those of the longest path count, all of them', () => {
    const [group] = read(
      ...['User-agent: *', 'Content-Usage: train-ai=n', 'Content-Usage: /open/ train-ai=y'],
      ...['Content-Usage: /both/ train-ai=y', 'Content-Usage: /both/ train-ai=n', 'Allow: /'],
    ).ours;
    const preferences = (path: string) =>
      group === undefined ? [] : usageFor(group, path).map(({ preference }) => preference);
    expect(preferences('/x')).toEqual(['train-ai=n']);
    expect(preferences('/open/x')).toEqual(['train-ai=y']);
    expect(preferences('/both/x')).toEqual(['train-ai=y', 'train-ai=n']);
  });

  it('reads any bytes, and 500 KiB of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readRobots(Buffer.from(bytes), NAMES)),
    );
    const filler = `${'#'.repeat(99)}\n`.repeat(5_120);
    expect(isDenied(read(`User-agent: *\n${filler}`, 'Disallow: /'), '/')).toBe(false);
    expect(isDenied(read(`User-agent: *\n${filler.slice(1_000)}`, 'Disallow: /'), '/')).toBe(true);
  });
});

describe('matches()', () => {
  /** The definition, as a regular expression. */
  const expected = (pattern: string, path: string): boolean => {
    const whole = /^[^/*$]/.test(pattern) ? `/${pattern}` : pattern;
    const isWhole = whole.endsWith('$');
    const parts = (isWhole ? whole.slice(0, -1) : whole)
      .split('*')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}${isWhole ? '$' : ''}`, 's').test(path);
  };

  it('does what its definition says', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '$'), maxLength: 12 });
    const paths = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 12 });
    fc.assert(
      fc.property(texts, paths, (pattern, path) => {
        expect(matches(readPattern(pattern), path)).toBe(expected(pattern, path));
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds long parts as well', () => {
    const unit = fc.constantFrom('a', 'b');
    fc.assert(
      fc.property(
        fc.string({ unit, minLength: 17, maxLength: 24 }),
        fc.string({ unit, maxLength: 60 }),
        (part, path) => {
          expect(matches(readPattern(`*${part}*a$`), path)).toBe(expected(`*${part}*a$`, path));
          expect(matches(readPattern(`*${part}`), `${path}${part}${path}`)).toBe(true);
        },
      ),
    );
  });

  it('takes no longer for patterns made to be slow', () => {
    const path = normalPath(`/${'a'.repeat(8_000)}`);
    const slow = [`/*${'a*'.repeat(1_000)}b`, `/*${'a'.repeat(1_000)}b`, `${'*a'.repeat(1_000)}$`].map(
      readPattern,
    );
    const startedAt = performance.now();
    for (let round = 0; round < 50; round += 1) for (const pattern of slow) matches(pattern, path);
    // Quadratic time would be minutes.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
