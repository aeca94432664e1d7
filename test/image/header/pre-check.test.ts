import { describe, expect, test } from 'vitest';
import { preCheck } from '../../../src/image/header/pre-check.ts';
import { DEFAULT_LIMITS, type ImageLimits, type ImageSettings } from '../../../src/image/job/settings.ts';
import { imageFixture, PLAIN } from '../fixtures.ts';
import { pngHeader } from '../png-chunks.ts';

function look(
  name: string,
  settings: Partial<ImageSettings> = {},
  limits: Partial<ImageLimits> = {},
  boxes: number[][] = [],
) {
  const job = { bytes: imageFixture(name), boxes };
  return preCheck(job, { ...PLAIN, ...settings }, { ...DEFAULT_LIMITS, ...limits });
}

function bytes(...args: Parameters<typeof look>): number {
  const check = look(...args);
  if (!check.admitted) throw new Error(check.code);
  return check.estimatedBytes;
}

/** A PNG of 16 megapixels that consists only of its header. */
function largePng({ interlaced }: { interlaced: boolean }): number {
  const header = pngHeader({ width: 4000, height: 4000, bitDepth: 8, colourType: 2 });
  header[28] = interlaced ? 1 : 0;
  const check = preCheck({ bytes: header }, PLAIN, DEFAULT_LIMITS);
  if (!check.admitted) throw new Error(check.code);
  return check.estimatedBytes;
}

describe('preCheck', () => {
  test.each([
    ['page.jpg', 'image_unknown'],
    ['image.tiff', 'image_unknown'],
    ['image.svg', 'image_unknown'],
    ['empty.jpg', 'image_unknown'],
    ['bomb-header.png', 'image_too_many_pixels'],
    ['bomb-square.png', 'image_too_many_pixels'],
    ['bomb-gray.avif', 'image_too_many_pixels'],
  ])('refuses %s as %s, and takes it where every body is kept', (name, code) => {
    expect(look(name)).toEqual({ admitted: false, code });
    expect(look(name, { encodeFormat: 'original' })).toEqual({ admitted: false, code });
    expect(look(name, { disableAllReencoding: true }).admitted).toBe(true);
  });

  test('has a lower limit for AVIF, and counts deep and interlaced PNG double', () => {
    const tight = { maxPixels: 1e6, maxAvifPixels: 6143 };
    expect(look('still.avif', {}, tight)).toEqual({ admitted: false, code: 'image_too_many_pixels' });
    for (const [name, maxPixels] of [
      ['rgb.png', 9599],
      ['rgb16.png', 6143],
      ['interlaced.png', 4799],
    ] as const) {
      expect(look(name, {}, { maxPixels }).admitted).toBe(false);
      expect(look(name, {}, { maxPixels: maxPixels + 1 }).admitted).toBe(true);
    }
  });

  test('estimates more for images that must be in memory as a whole, for blurring, and for large results', () => {
    const perPixel = (name: string, pixels: number) => bytes(name, { encodeFormat: 'original' }) / pixels;
    expect(perPixel('progressive.jpg', 301 * 201)).toBeGreaterThan(perPixel('landscape.jpg', 640 * 427) + 6);
    expect(largePng({ interlaced: true })).toBeGreaterThan(largePng({ interlaced: false }));
    expect(bytes('landscape.jpg', {}, {}, [[0, 0, 1, 1]])).toBe(bytes('landscape.jpg') + 10 * 640 * 427);
    const enlarged = { resizeMode: 'keep_ratio', imageSize: 4270 } as const;
    expect(bytes('landscape.jpg', enlarged)).toBe(bytes('landscape.jpg') + 8 * 99 * 640 * 427);
  });

  test('gives an image with an unreadable header the whole memory budget', () => {
    expect(bytes('truncated-half.png')).toBeLessThan(1e6);
    const stump = { bytes: imageFixture('rgb.png').subarray(0, 20) };
    expect(preCheck(stump, PLAIN, DEFAULT_LIMITS)).toEqual({
      admitted: true,
      estimatedBytes: Number.POSITIVE_INFINITY,
    });
  });
});
