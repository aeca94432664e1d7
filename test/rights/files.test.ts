import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../bench/web/model/random.ts';
import { RULE_FILES, type RuleFile } from '../../src/core/rights/rule-files.ts';
import { readRuleFile } from '../../src/rights/files/rule-file.ts';
import { mutate } from '../support/bytes/mutate.ts';

const NAMES = { ours: ['laion-fetch'], others: ['gptbot'] };
const ORIGIN = { source: 'http://a.example/file', at: 0 };
const verdict = (file: RuleFile, text: string, path: string): string =>
  readRuleFile(file, Buffer.from(text), NAMES, ORIGIN).signalsFor(path)[0]?.verdict ?? 'none';

describe('tdmrep.json', () => {
  const rules = JSON.stringify([
    { location: '/b/images/*.jpg', 'tdm-reservation': 0 },
    { location: '/é', 'tdm-reservation': '1' },
    { location: '/', 'tdm-reservation': 1, 'tdm-policy': 'https://a.example/p' },
  ]);

  it.each([
    [rules, '/b/images/x.jpg', 'allow'],
    [rules, '/B/images/x.jpg', 'deny'],
    [rules, '/c', 'deny'],
    // Neither a rule without its value nor one with another hides a later one.
    [rules, '/%C3%A9', 'deny'],
    ['[{"location":"/"},{"location":"/","tdm-reservation":1}]', '/c', 'deny'],
    ['[{"location":"/c-%24","tdm-reservation":1}]', '/c-$', 'deny'],
    ['[{"location":"/","tdm-reservation":true}]', '/c', 'none'],
    [`\ufeff${rules}`, '/c', 'deny'],
    ['{"location":"/","tdm-reservation":1}', '/c', 'none'],
    ['[{"location":"/","tdm-reservation":1},', '/c', 'none'],
    ['[null, 7, {"location": 7}]', '/c', 'none'],
    [`[${'{"location":"/x"},'.repeat(1_000)}{"location":"/","tdm-reservation":1}]`, '/c', 'none'],
    [`${rules}${' '.repeat(256 * 1024)}`, '/c', 'none'],
  ])('%.60s on %s: %s', (text, path, expected) => {
    expect(verdict('tdmrep.json', text, path)).toBe(expected);
  });
});

describe('robots.txt', () => {
  it('has no preference about what may not be fetched', () => {
    const body = Buffer.from('User-agent: *\nDisallow: /never/\nContent-Usage: / train-ai=n\n');
    const said = (path: string) =>
      readRuleFile('robots.txt', body, NAMES, ORIGIN)
        .signalsFor(path)
        .map(({ mechanism }) => mechanism);
    expect(said('/never/x')).toEqual(['robots.txt']);
    expect(said('/x')).toEqual(['robots-content-usage']);
  });

  it('counts in a page as well, which is recorded', () => {
    const body = Buffer.from('<html><body><pre>\nUser-agent: *\nDisallow: /a\n</pre>');
    const said = (path: string) =>
      readRuleFile('robots.txt', body, NAMES, ORIGIN)
        .signalsFor(path)
        .map(({ verdict, raw }) => `${verdict} ${raw}`);
    expect(said('/a')).toEqual(['deny Disallow: /a', 'record a page instead of robots.txt']);
    expect(said('/b')).toEqual(['record a page instead of robots.txt']);
  });
});

describe('ai.txt', () => {
  it.each([
    ['# Spawning AI\nUser-agent: *\nDisallow: *.jpg', '/a/x.jpg', 'deny'],
    ['User-agent: *\nDisallow: .jpg', '/a/x.jpg', 'deny'],
    ['User-agent: *\nDisallow: *\nDisallow: /', '/a/x.png', 'deny'],
    ['User-agent: *\nAllow: *.jpg\nDisallow: /', '/a/x.jpg', 'none'],
    ['User-agent: *\nDisallow: .jpg', '/a/x.png', 'none'],
    ['<!doctype html><p>Not found', '/a/x.png', 'none'],
  ])('%j on %s: %s', (text, path, expected) => {
    expect(verdict('ai.txt', text, path)).toBe(expected);
  });
});

describe('any bytes', () => {
  const samples = [
    'User-agent: *\nDisallow: /a*b$\nContent-Usage: /x train-ai=n\nContent-Signal: ai-train=no\nLicense: https://a/l\n',
    '[{"location":"/a*","tdm-reservation":1},{"location":"/","tdm-reservation":0}]',
    '# Spawning AI\nUser-Agent: *\nAllow: *.txt\nDisallow: *.jpg\nDisallow: /\n',
  ].map((text) => Buffer.from(text));

  it('are a file, damaged or not', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RULE_FILES), fc.uint8Array({ maxLength: 200 }), (file, bytes) => {
        readRuleFile(file, Buffer.from(bytes), NAMES, ORIGIN).signalsFor('/abc?d');
      }),
    );
    for (const [at, sample] of samples.entries()) {
      const next = randomNumbers(at + 1);
      for (let run = 0; run < 3_000; run += 1) {
        const file = RULE_FILES[at] ?? 'robots.txt';
        readRuleFile(file, mutate(sample, next), NAMES, ORIGIN).signalsFor('/abc?d');
      }
    }
  });
});
