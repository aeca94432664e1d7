import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { LAION_MEAN_PIXELS, makeSampleImages } from '../../../src/image/render/sample-images.ts';

async function measure(meanPixels: number) {
  const images = await makeSampleImages(meanPixels);
  const headers = await Promise.all(images.map((bytes) => sharp(bytes).metadata()));
  const areas = headers.map(({ width, height }) => width * height);
  const pixels = areas.reduce((sum, area) => sum + area, 0);
  const bytes = images.reduce((sum, image) => sum + image.length, 0);
  return { headers, areas, mean: pixels / images.length, bitsPerPixel: (bytes * 8) / pixels };
}

describe('makeSampleImages()', () => {
  test("makes JPEGs of LAION's sizes, small and large, at the web's two bits a pixel", async () => {
    const { headers, areas, mean, bitsPerPixel } = await measure(LAION_MEAN_PIXELS);
    expect(new Set(headers.map(({ format }) => format))).toEqual(new Set(['jpeg']));
    expect(mean / LAION_MEAN_PIXELS).toBeCloseTo(1, 2);
    expect(Math.max(...areas) / Math.min(...areas)).toBeGreaterThan(50);
    expect(bitsPerPixel).toBeGreaterThan(1.7);
    expect(bitsPerPixel).toBeLessThan(2.3);
  });

  test.each([1, 20_000])('reaches a mean area of %d pixels', async (meanPixels) => {
    const { mean } = await measure(meanPixels);
    expect(Math.abs(mean - meanPixels)).toBeLessThan(1 + meanPixels * 0.02);
  });
});
