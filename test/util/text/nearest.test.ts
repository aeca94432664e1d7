import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/util/text/nearest.ts';

describe('nearest()', () => {
  it.each([
    ['imagesize', 'image-size'],
    ['image-szie', 'image-size'],
    ['insepct', 'inspect'],
    ['outptu', 'output'],
    ['url', 'URL'],
    ['ulr', 'URL'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearest(word, ['output', 'image-size', 'inspect', 'min-image-size', 'URL'])).toBe(meant);
  });

  it.each(['x', 'parquet', '', 'completely-different'])('finds no candidate for %j', (word) => {
    expect(nearest(word, ['output', 'image-size', 'inspect'])).toBeNull();
  });
});
