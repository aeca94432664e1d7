import { describe, expect, it } from 'vitest';
import { decideRights } from '../../../src/core/rights/decide.ts';
import { MAX_RAW_BYTES } from '../../../src/core/rights/signal.ts';
import {
  headerSignals,
  missingLicence,
  type RawHeaders,
  refusalBy,
} from '../../../src/fetch/http/header-signals.ts';
import { createOptOutPolicy, DEFAULT_OPT_OUT_DIRECTIVES } from '../../../src/fetch/http/x-robots-tag.ts';
import { linkedLicense } from '../../../src/rights/statements/linked-license.ts';

const optOut = createOptOutPolicy(DEFAULT_OPT_OUT_DIRECTIVES, []);
const read = (headers: RawHeaders) =>
  headerSignals(headers, { policy: 'standard', optOut }, 'http://a.example/x');
const verdict = (headers: RawHeaders): string => read(headers)[0]?.verdict ?? 'unknown';

describe('headerSignals()', () => {
  it.each<[lines: string | string[], expected: string]>([
    ['noai', 'deny'],
    ['noimageai', 'deny'],
    ['noml', 'deny'],
    ['noindex', 'deny'],
    ['noimageindex', 'deny'],
    ['none', 'deny'],
    ['NoAI', 'deny'],
    ['noai, noimageai', 'deny'],
    ['max-snippet: -1, noai', 'deny'],
    ['unavailable_after: 25 Jun 2030 15:00:00 PST, noai', 'deny'],
    ['laion-fetch: noai', 'deny'],
    ['img2dataset=noai', 'deny'],
    ['LAIONDownloader: nofollow, noai', 'deny'],
    ['*: noai', 'deny'],
    ['googlebot: nofollow, otherbot: noindex, img2dataset: noai', 'deny'],
    [['all', 'noai'], 'deny'],
    [['otherbot: noai', 'noimageai'], 'deny'],
    ['otherbot: noai', 'record'],
    ['googlebot: noindex', 'record'],
    ['all', 'unknown'],
    ['index, follow', 'unknown'],
    ['noaix', 'unknown'],
    ['max-snippet: -1, max-image-preview: large', 'unknown'],
    ['max-image-preview: none', 'unknown'],
    ['', 'unknown'],
  ])('X-Robots-Tag %j: %s', (lines, expected) => {
    const signals = read({ 'x-robots-tag': lines });
    const denied = decideRights(signals, 'standard').decision === 'deny';
    expect(denied ? 'deny' : (signals[0]?.verdict ?? 'unknown')).toBe(expected);
  });

  it.each<[name: string, value: string | string[], expected: string]>([
    ['robots-tag', '*=noindex; Bot=noai', 'deny'],
    ['robots-tag', 'Bot=noai', 'record'],
    ['robots-tag', 'img2dataset=noai', 'deny'],
    ['content-usage', 'train-ai=n', 'deny'],
    ['content-usage', ['search=y', 'train-ai=n'], 'deny'],
    ['content-usage', ['train-ai=n', 'train-ai=y'], 'allow'],
    ['content-usage', 'train-ai=y', 'allow'],
    ['content-usage', 'train-ai=no', 'record'],
    ['content-usage', 'search=n', 'unknown'],
    ['content-signal', 'search=yes, ai-train=no', 'deny'],
    ['content-signal', 'ai-train=yes', 'allow'],
    ['tdm-reservation', '1', 'deny'],
    ['tdm-reservation', ' 1 ', 'deny'],
    ['tdm-reservation', '0', 'allow'],
    ...['01', 'true', '1;x', '"1"', 'yes', ''].map((value): [string, string, string] => [
      'tdm-reservation',
      value,
      'unknown',
    ]),
    ['link', '<https://a.example/l>; rel="license"; type="application/rsl+xml"', 'record'],
  ])('%s %j: %s', (name, value, expected) => {
    expect(verdict({ [name]: value })).toBe(expected);
  });

  it('says what it read, where and when, in few bytes', () => {
    const [signal] = read({ 'x-robots-tag': `noai, ${'x'.repeat(20_000)}` });
    expect(signal).toMatchObject({
      mechanism: 'x-robots-tag',
      scope: 'answer',
      source: 'http://a.example/x',
    });
    expect(Buffer.byteLength(signal?.raw ?? '')).toBeLessThanOrEqual(MAX_RAW_BYTES);
  });

  it.each([
    ['x-robots-tag', 'noai', 'optout_x_robots'],
    ['content-usage', 'train-ai=n', 'optout_header'],
    ['tdm-reservation', '1', 'optout_header'],
  ])('%s ends rows as %s, but not with the policy record', (name, value, code) => {
    const signals = read({ [name]: value });
    expect(refusalBy(signals, { policy: 'standard', optOut })?.code).toBe(code);
    expect(refusalBy(signals, { policy: 'record', optOut })).toBeNull();
  });
});

describe('missingLicence()', () => {
  const answer = (missing: string | null) => ({
    ...({ policy: 'strict', optOut } as const),
    licence: () => ({ missing, signal: null }),
  });
  const link = '<https://a.example/l>; rel="license"; type="application/rsl+xml"';

  it('names what is to be asked for, of all lines', () => {
    const headers = { link: ['</x>; rel=preload', link] };
    expect(missingLicence(headers, answer('https://a.example/l'), 'https://a.example/')).toBe(
      'https://a.example/l',
    );
    expect(missingLicence(headers, answer(null), 'https://a.example/')).toBeNull();
    expect(missingLicence({ link }, { policy: 'standard', optOut }, 'https://a.example/')).toBeNull();
  });

  it('leaves a licence out that says nothing', () => {
    expect(headerSignals({ link }, answer(null), 'https://a.example/')).toEqual([]);
    expect(headerSignals({ link }, { policy: 'strict', optOut }, 'https://a.example/')).toMatchObject([
      { verdict: 'record', raw: link },
    ]);
  });
});

describe('linkedLicense()', () => {
  it.each([
    ['<https://a.example/l>; rel="license"; type="application/rsl+xml"', 'https://a.example/l'],
    ['</x>; rel=preload, <l.xml>; type=application/rsl+xml; rel=license', 'l.xml'],
    ['<https://creativecommons.org/licenses/by/4.0/>; rel="license"', null],
    ['<x>; rel="stylesheet"; type="application/rsl+xml"', null],
    [`${'<'.repeat(8_000)}`, null],
  ])('%s', (text, expected) => {
    expect(linkedLicense(text)).toBe(expected);
  });
});
