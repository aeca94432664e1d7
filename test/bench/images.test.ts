import { describe, expect, it } from 'vitest';
import { planImages } from '../../bench/web/model/images.ts';

describe('planImages', () => {
  const plan = planImages(1);
  const shortSides = plan.map(({ width, height }) => Math.min(width, height)).sort((a, b) => a - b);

  it('has the sizes of LAION', () => {
    expect(Math.abs((shortSides[plan.length / 2] ?? 0) - 261)).toBeLessThan(10);
    const large = shortSides.filter((side) => side >= 1024).length / plan.length;
    expect(Math.abs(large - 0.0232)).toBeLessThan(0.01);
  });

  it.each([
    ['jpeg', 86],
    ['png', 7],
    ['webp', 5],
    ['gif', 0.8],
    ['avif', 0.4],
  ])('has its share of %s', (format, percent) => {
    const share = plan.filter((image) => image.format === format).length / plan.length;
    expect(Math.abs(100 * share - percent)).toBeLessThan(1);
    expect(share).toBeGreaterThan(0);
  });
});
