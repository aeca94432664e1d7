import { describe, expect, test } from 'vitest';
import {
  createOptOutPolicy,
  DEFAULT_OPT_OUT_DIRECTIVES,
  refusesUse,
} from '../../../src/fetch/http/x-robots-tag.ts';

const policy = createOptOutPolicy(DEFAULT_OPT_OUT_DIRECTIVES, 'MyCrawler');

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
  ])('%j refuses', (lines) => {
    expect(refusesUse(lines, policy)).toBe(true);
  });

  test.each([
    [[]],
    [['']],
    [['all']],
    [['nofollow']],
    [['noaix']],
    [['noindex nofollow']],
    [['otherbot: noai']],
    [['otherbot: noindex, noai']],
    [['googlebot: noindex']],
    [['max-snippet: -1, max-image-preview: large']],
    [['max-image-preview:none']],
    [['unavailable_after: 25 Jun 2030']],
  ])('%j does not refuse', (lines) => {
    expect(refusesUse(lines, policy)).toBe(false);
  });

  test('a scope ends with its line', () => {
    expect(refusesUse(['otherbot: nofollow', 'noai'], policy)).toBe(true);
  });

  test('an empty list of directives turns the check off', () => {
    expect(refusesUse(['noai'], createOptOutPolicy([], null))).toBe(false);
  });
});
