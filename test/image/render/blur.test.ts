import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/image/job/settings.ts';
import { blendBlurred, drawMask, planBlur } from '../../../src/image/render/blur.ts';
import { processImage } from '../../../src/image/render/process-image.ts';
import { decibels } from '../../codec/beside-sharp.ts';
import { imageFixture, PLAIN } from '../fixtures.ts';

describe('planBlur', () => {
  test('grows each box by a tenth of its longer side, to whole pixels', () => {
    const { regions } = planBlur([[0.25, 0.25, 0.5, 0.75]], { width: 200, height: 100 }, 'strong');
    expect(regions).toEqual([{ left: 45, top: 20, right: 105, bottom: 80 }]);
  });

  test('stays inside the image and leaves out its last row and column, as img2dataset does', () => {
    const { regions } = planBlur([[0, 0, 1, 1]], { width: 200, height: 100 }, 'strong');
    expect(regions).toEqual([{ left: 0, top: 0, right: 199, bottom: 99 }]);
  });

  test('uses one Gaussian for all boxes, as wide as the longest side requires', () => {
    const boxes = [
      [0, 0, 0.1, 0.1],
      [0.5, 0.5, 1, 0.6],
    ];
    expect(planBlur(boxes, { width: 200, height: 200 }, 'strong').sigma).toBeCloseTo(10);
    expect(planBlur([[0, 0, 0.001, 0.001]], { width: 200, height: 200 }, 'strong').sigma).toBe(0);
  });

  test('moves invalid boxes inside the image', () => {
    const { regions, sigma } = planBlur([[-5, Number.NaN, 7], []], { width: 50, height: 40 }, 'strong');
    expect(regions).toEqual([
      { left: 0, top: 0, right: 49, bottom: 5 },
      { left: 0, top: 0, right: 0, bottom: 0 },
    ]);
    expect(sigma).toBe(5);
  });
});

test('drawMask is white inside the regions only', () => {
  const plan = {
    regions: [
      { left: 1, top: 0, right: 3, bottom: 1 },
      { left: 2, top: 1, right: 1, bottom: 2 },
    ],
    sigma: 1,
    reach: 1,
  };
  expect([...drawMask(plan, { width: 4, height: 2 })]).toEqual([0, 255, 255, 0, 0, 0, 0, 0]);
});

test('blendBlurred blends all channels by the mask', () => {
  const pixels = Uint8Array.of(10, 20, 10, 20, 10, 20);
  blendBlurred(pixels, Uint8Array.of(110, 220, 110, 220, 110, 220), Uint8Array.of(0, 51, 255));
  expect([...pixels]).toEqual([10, 20, 30, 60, 110, 220]);
});

describe('the blur of an image', () => {
  const BOXES = {
    'one-box': [[0.3, 0.2, 0.7, 0.8]],
    'two-boxes': [
      [0, 0, 0.2, 0.5],
      [0.4, 0.1, 1, 0.9],
    ],
    whole: [[0, 0, 1, 1]],
  };

  test.each(Object.entries(BOXES))(
    '%s: is that of img2dataset under its preset, and stronger as ours',
    async (name, boxes) => {
      const folder = new URL('../../../fixtures/img2dataset/', import.meta.url);
      const theirs = readFileSync(new URL(`blur-${name}.png`, folder));
      const likeness = async (blur: 'strong' | 'img2dataset') => {
        const settings = { ...PLAIN, encodeFormat: 'png', encodeQuality: 1, blur } as const;
        const result = await processImage(
          { bytes: imageFixture('rgb.png'), boxes },
          settings,
          DEFAULT_LIMITS,
        );
        if (!result.ok) throw new Error(result.code);
        const ours = Buffer.from(result.image.bytes);
        const steps = await contrast(ours);
        return { decibels: await decibels(ours, theirs), contrast: steps };
      };
      const [same, strong] = [await likeness('img2dataset'), await likeness('strong')];
      expect(same.decibels).toBeGreaterThan(40);
      expect(strong.decibels).toBeLessThan(same.decibels);
      expect(strong.contrast).toBeLessThan(same.contrast);
    },
  );
});

/** Mean difference of neighbours in a row. */
async function contrast(png: Buffer): Promise<number> {
  const data = await sharp(png).raw().toBuffer();
  let sum = 0;
  for (let index = 3; index < data.length; index++)
    sum += Math.abs((data[index] ?? 0) - (data[index - 3] ?? 0));
  return sum / data.length;
}
