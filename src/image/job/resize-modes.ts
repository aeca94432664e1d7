import type { Margins, ResizePlan, Size } from '../../codec/resample/plan.ts';
import type { ImageSettings } from './settings.ts';

/**
 * The resize modes: the same plan that img2dataset makes for an image of this size. An image is reduced if its
 * deciding side (the shorter for keep_ratio and center_crop, the longer for keep_ratio_largest and border) exceeds
 * `imageSize`. Otherwise it is enlarged, or not changed at all with `resizeOnlyIfBigger`. A new mode is an entry of
 * `RESIZE_MODES` and a case here; codec and fallback carry out any plan.
 */
export function planResize(
  width: number,
  height: number,
  settings: Pick<ImageSettings, 'imageSize' | 'resizeMode' | 'resizeOnlyIfBigger'>,
): ResizePlan {
  const { imageSize, resizeMode, resizeOnlyIfBigger } = settings;
  const byShorter = resizeMode === 'keep_ratio' || resizeMode === 'center_crop';
  const side = byShorter ? Math.min(width, height) : Math.max(width, height);
  const direction = side > imageSize ? 'down' : 'up';
  if (resizeMode === 'no' || (resizeOnlyIfBigger && direction === 'up')) {
    return { scaled: null, crop: null, pad: null, direction };
  }
  const scale = imageSize / side;
  const scaled = { width: scaleSide(width, scale), height: scaleSide(height, scale) };
  return {
    scaled,
    crop: resizeMode === 'center_crop' ? centralSquare(scaled, imageSize) : null,
    pad: resizeMode === 'border' ? marginsToSquare(scaled, imageSize) : null,
    direction,
  };
}

function centralSquare({ width, height }: Size, side: number): ResizePlan['crop'] {
  return {
    left: Math.floor((width - side) / 2),
    top: Math.floor((height - side) / 2),
    width: side,
    height: side,
  };
}

function marginsToSquare({ width, height }: Size, side: number): Margins {
  const left = Math.floor((side - width) / 2);
  const top = Math.floor((side - height) / 2);
  return { left, top, right: side - width - left, bottom: side - height - top };
}

function scaleSide(side: number, scale: number): number {
  return Math.max(1, roundHalfToEven(side * scale));
}

/** Python's `round`, which img2dataset uses for sizes: 2.5 gives 2, where Math.round gives 3. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
