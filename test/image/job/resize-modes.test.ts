import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plannedSize } from '../../../src/codec/resample/plan.ts';
import { RESIZE_MODES, type ResizeMode } from '../../../src/core/choices.ts';
import { planResize } from '../../../src/image/job/resize-modes.ts';

const plan = (
  width: number,
  height: number,
  imageSize: number,
  resizeMode: ResizeMode,
  onlyIfBigger = false,
) => planResize(width, height, { imageSize, resizeMode, resizeOnlyIfBigger: onlyIfBigger });

describe('planResize', () => {
  // Measured with img2dataset 1.47.0.
  test.each([
    [300, 200, 256, [384, 256], [256, 171]],
    [101, 99, 256, [261, 256], [256, 251]],
    [333, 1000, 256, [256, 769], [85, 256]],
    [512, 341, 256, [384, 256], [256, 170]],
    [1001, 667, 512, [768, 512], [512, 341]],
    [2000, 3, 256, [170_667, 256], [256, 1]],
    [5, 2, 1, [2, 1], [1, 1]],
    [4, 3, 2, [3, 2], [2, 2]],
  ])('scales %i x %i to %i as img2dataset does', (width, height, size, byShorter, byLonger) => {
    const scaled = (mode: ResizeMode) => Object.values(plan(width, height, size, mode).scaled ?? {});
    expect(scaled('keep_ratio')).toEqual(byShorter);
    expect(scaled('center_crop')).toEqual(byShorter);
    expect(scaled('keep_ratio_largest')).toEqual(byLonger);
    expect(scaled('border')).toEqual(byLonger);
  });

  test('rounds halves to the even number, as Python does', () => {
    expect(plan(5, 2, 1, 'keep_ratio').scaled).toEqual({ width: 2, height: 1 });
    expect(plan(7, 2, 1, 'keep_ratio').scaled).toEqual({ width: 4, height: 1 });
  });

  test('crops the centre; an odd pixel is lost on the right or at the bottom', () => {
    expect(plan(101, 64, 64, 'center_crop').crop).toEqual({ left: 18, top: 0, width: 64, height: 64 });
    expect(plan(64, 99, 64, 'center_crop').crop).toEqual({ left: 0, top: 17, width: 64, height: 64 });
  });

  test('pads to a square; an odd pixel is added on the right or at the bottom', () => {
    expect(plan(300, 200, 256, 'border').pad).toEqual({ left: 0, top: 42, right: 0, bottom: 43 });
    expect(plan(333, 1000, 256, 'border').pad).toEqual({ left: 85, top: 0, right: 86, bottom: 0 });
  });

  test('enlarges an image whose deciding side equals the size, unless only bigger ones are resized', () => {
    expect(plan(64, 80, 64, 'keep_ratio')).toMatchObject({
      direction: 'up',
      scaled: { width: 64, height: 80 },
    });
    expect(plan(64, 80, 64, 'keep_ratio', true)).toMatchObject({ scaled: null, crop: null, pad: null });
    expect(plan(64, 80, 64, 'border', true)).toMatchObject({
      direction: 'down',
      scaled: { width: 51, height: 64 },
    });
  });

  test('agrees with a naive implementation of the contract', () => {
    const side = fc.integer({ min: 1, max: 9000 });
    const modes = fc.constantFrom(...RESIZE_MODES);
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 1, max: 2048 }),
        modes,
        fc.boolean(),
        (w, h, size, mode, only) => {
          const { scaled, crop, pad } = plan(w, h, size, mode, only);
          const decisive = mode === 'keep_ratio' || mode === 'center_crop' ? Math.min(w, h) : Math.max(w, h);
          if (mode === 'no' || (only && decisive <= size)) {
            expect([scaled, crop, pad]).toEqual([null, null, null]);
            return;
          }
          const expected = [w, h].map((length) => Math.max(1, pythonRound(length * (size / decisive))));
          expect([scaled?.width, scaled?.height]).toEqual(expected);
          const result = plannedSize({ width: w, height: h }, { scaled, crop, pad, direction: 'down' });
          const square = mode === 'center_crop' || mode === 'border';
          expect([result.width, result.height]).toEqual(square ? [size, size] : expected);
          for (const margin of [...Object.values(pad ?? {}), crop?.left ?? 0, crop?.top ?? 0]) {
            expect(margin).toBeGreaterThanOrEqual(0);
          }
          if (pad)
            expect([pad.right - pad.left, pad.bottom - pad.top].every((odd) => odd === 0 || odd === 1)).toBe(
              true,
            );
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function pythonRound(value: number): number {
  const [below, above] = [Math.floor(value), Math.ceil(value)];
  if (value - below === above - value) return below % 2 === 0 ? below : above;
  return value - below < above - value ? below : above;
}
