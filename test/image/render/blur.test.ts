import { describe, expect, test } from 'vitest';
import { blendBlurred, drawMask, planBlur } from '../../../src/image/render/blur.ts';

describe('planBlur', () => {
  test('grows each box by a tenth of its longer side, to whole pixels', () => {
    const { regions } = planBlur([[0.25, 0.25, 0.5, 0.75]], { width: 200, height: 100 });
    expect(regions).toEqual([{ left: 45, top: 20, right: 105, bottom: 80 }]);
  });

  test('stays inside the image and leaves out its last row and column, as img2dataset does', () => {
    const { regions } = planBlur([[0, 0, 1, 1]], { width: 200, height: 100 });
    expect(regions).toEqual([{ left: 0, top: 0, right: 199, bottom: 99 }]);
  });

  test('uses one Gaussian for all boxes, as wide as the longest side requires', () => {
    const boxes = [
      [0, 0, 0.1, 0.1],
      [0.5, 0.5, 1, 0.6],
    ];
    expect(planBlur(boxes, { width: 200, height: 200 }).sigma).toBeCloseTo(10);
    expect(planBlur([[0, 0, 0.001, 0.001]], { width: 200, height: 200 }).sigma).toBe(0);
  });

  test('moves invalid boxes inside the image', () => {
    const { regions, sigma } = planBlur([[-5, Number.NaN, 7], []], { width: 50, height: 40 });
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
  };
  expect([...drawMask(plan, { width: 4, height: 2 })]).toEqual([0, 255, 255, 0, 0, 0, 0, 0]);
});

test('blendBlurred blends all channels by the mask', () => {
  const pixels = Uint8Array.of(10, 20, 10, 20, 10, 20);
  blendBlurred(pixels, Uint8Array.of(110, 220, 110, 220, 110, 220), Uint8Array.of(0, 51, 255));
  expect([...pixels]).toEqual([10, 20, 30, 60, 110, 220]);
});
