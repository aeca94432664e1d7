import { describe, expect, test } from 'vitest';
import {
  createOptOutPolicy,
  DEFAULT_OPT_OUT_DIRECTIVES,
  refusesUse,
} from '../../../src/fetch/http/x-robots-tag.ts';

const policy = createOptOutPolicy(DEFAULT_OPT_OUT_DIRECTIVES, ['MyCrawler']);

describe('refusesUse()', () => {
  test.each([
    [['noai']],
    [['NOAI']],
    [['noimageai']],
    [['noml']],
    [['none']],
    [['noindex, nofollow']],
    [['noai;']],
    [['nofollow; noimageindex']],
    [['nofollow', 'noimageai']],
    [['*: noai']],
    [['noai, googlebot: noindex']],
    [['laion-fetch: noai']],
    [['Laion-Fetch : NoAI']],
    [['IMG2DATASET : NOAI']],
    [['mycrawler: noindex']],
    [['googlebot: nofollow, otherbot: noindex, img2dataset: noai']],
    [['unavailable_after: 25 Jun 2030 15:00:00 PST, noai']],
    [['max-image-preview:none, noai']],
    // Values that hold colons and commas.
    [['unavailable_after: Wed, 25 Jun 2010 15:00:00 GMT, noai']],
    [['unavailable_after: 2010-06-25T15:00:00+02:00, noai']],
    [['unavailable-after: Wed, 25 Jun 2010 15:00:00 GMT, noai']],
    [['date_unavailable: Wed, 25 Jun 2010 15:00:00 GMT, noai']],
    [['expires: Nov 25 2010, noai']],
    [['max-text-preview: 1, noai']],
    [['max_image_preview: none, noai']],
    [['max-video-length: none, noai']],
    [['policy: https://a.example/b?c=d, noai']],
    [['max-snippet: -1 noai']],
    [['max-image-preview: none none']],
    // Other spellings and separators.
    [['"noai"']],
    [["'noai'"]],
    [['\u{201c}noai\u{201d}']],
    [['[noai]']],
    [['noai.']],
    [['no-ai']],
    [['NO_AI']],
    [['no-image-ai']],
    [['noai noimageai']],
    [['nofollow noai']],
    [['noindex nofollow']],
    [['nofollow\tnoai']],
    [['\u00a0noai']],
    [['\u00c2\u00a0noai\u00c2\u00a0']],
    [['nofollow,\u00a0noai']],
    [['nofollow|noai']],
    [['noarchive/noai']],
    [['noarchive\\noai']],
    [['nofollow & noai']],
    [['noai: true']],
    [['noai=1']],
    [['noai:']],
    [['nofollow: yes, noai: yes']],
    [['noindex: googlebot']],
    // What means every robot, or us.
    [['robots: noai']],
    [['name="robots" content="noai"']],
    [['X-Robots-Tag: noai']],
    [['user-agent: * noai']],
    [['all: noai']],
    [['laion-fetch/0.1: noai']],
    [['laion-fetch/0.1 (+https://a.example): noai']],
    [['"laion-fetch": noai']],
    [['img2dataset=noai']],
    [['img*: noai']],
    [['otherbot: nofollow, *: noai']],
    [['otherbot: nofollow laion-fetch: noai']],
    [['otherbot, laion-fetch: noai']],
    [['laion-fetch, otherbot: noai']],
    [['other bot: noai']],
    [['25 jun: noai']],
    [['otherbot: unknown, noai']],
    [['otherbot: , noai']],
    [[`${'nofollow, '.repeat(1000)}noai`]],
    [[`${' '.repeat(20_000)}noai`]],
    [[`unknown: ${'a'.repeat(20_000)}, noai`]],
  ])('%j refuses', (lines) => {
    expect(refusesUse(lines, policy)).toBe(true);
  });

  test.each([
    [[]],
    [['']],
    [['all']],
    [['nofollow']],
    [['noaix']],
    [['xnoai']],
    [['otherbot: noai']],
    [['otherbot : noai']],
    [['"otherbot": noai']],
    [['"otherbot: noai"']],
    [['otherbot: "noai"']],
    [['otherbot=noai']],
    [['otherbot/2.0: noai']],
    [['archive.org_bot: noindex']],
    [['otherbot: noai noimageai']],
    [['otherbot: nofollow|noai']],
    [['otherbot: max-snippet: 5, noai']],
    [['otherbot: unavailable_after: Wed, 25 Jun 2010 15:00:00 GMT, noai']],
    [['nofollow, otherbot: noai, anotherbot: none']],
    [['laion-fetch: all, otherbot: noai']],
    [['otherbot: noindex, noai']],
    [['googlebot: noindex']],
    [['max-snippet: -1, max-image-preview: large']],
    [['max-image-preview:none']],
    [['max-image-preview = "none"']],
    [['max-text-preview: none, max-video-length: none']],
    [['unavailable_after: Wed, 25 Jun 2010 15:00:00 GMT']],
    [['date_unavailable: none']],
    [['unavailable_after: 25 Jun 2030']],
  ])('%j does not refuse', (lines) => {
    expect(refusesUse(lines, policy)).toBe(false);
  });

  test('a scope ends with its line', () => {
    expect(refusesUse(['otherbot: nofollow', 'noai'], policy)).toBe(true);
  });

  test('an empty list of directives turns the check off', () => {
    expect(refusesUse(['noai'], createOptOutPolicy([], []))).toBe(false);
  });

  test('a directive of our own choice counts, and shows what is a robot name', () => {
    const own = createOptOutPolicy(['No-Training'], []);
    expect(refusesUse(['no-training'], own)).toBe(true);
    expect(refusesUse(['otherbot: no-training'], own)).toBe(false);
    expect(refusesUse(['noai'], own)).toBe(false);
  });
});
