import type { Size } from '../../codec/resample/plan.ts';
import type { Blur } from '../../core/choices.ts';

/** libvips has no wider Gaussian. */
const MAX_REACH = 1000;

interface BlurPlan {
  /** Regions to blur in pixels, right and bottom excluded. */
  readonly regions: readonly { left: number; top: number; right: number; bottom: number }[];
  /** Standard deviation of the Gaussian in pixels. */
  readonly sigma: number;
  /** Pixels to each side of the centre where the Gaussian is cut off. */
  readonly reach: number;
}

/**
 * Plans the blurring of regions as img2dataset does: each box grows by a tenth of its longer side. One Gaussian, cut off
 * at a tenth of the longest side of all boxes, blurs both the image and the mask that blends the two. img2dataset leaves
 * its deviation to OpenCV, which takes about a third of the reach; `strong` takes the whole.
 *
 * @param boxes each [x_min, y_min, x_max, y_max] as fractions of the image
 */
export function planBlur(
  boxes: readonly (readonly number[])[],
  { width, height }: Size,
  blur: Blur,
): BlurPlan {
  let longest = 0;
  const regions = boxes.map(([xMin, yMin, xMax, yMax]) => {
    const [left, top] = [toPixel(xMin, width), toPixel(yMin, height)];
    const [right, bottom] = [toPixel(xMax, width), toPixel(yMax, height)];
    const side = Math.max(right - left, bottom - top);
    longest = Math.max(longest, side);
    return {
      left: clampGrown(left - 0.1 * side, width),
      top: clampGrown(top - 0.1 * side, height),
      right: clampGrown(right + 0.1 * side, width),
      bottom: clampGrown(bottom + 0.1 * side, height),
    };
  });
  const sigma = Math.min(0.1 * longest, MAX_REACH);
  const reach = Math.max(1, Math.ceil(sigma));
  return { regions, sigma: blur === 'strong' ? sigma : 0.3 * reach + 0.5, reach };
}

/** One byte per pixel: 255 inside the regions, 0 outside. */
export function drawMask({ regions }: BlurPlan, { width, height }: Size): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (const { left, top, right, bottom } of regions) {
    for (let y = top; y < bottom; y++) mask.fill(255, y * width + left, y * width + Math.max(left, right));
  }
  return mask;
}

/** Blends `blurred` over `pixels`, in place, as far as the mask is white; both have the mask's size. */
export function blendBlurred(pixels: Uint8Array, blurred: Uint8Array, mask: Uint8Array): void {
  const channels = pixels.length / mask.length;
  for (let index = 0; index < mask.length; index++) {
    const weight = (mask[index] ?? 0) / 255;
    if (weight === 0) continue;
    for (let at = index * channels; at < (index + 1) * channels; at++) {
      pixels[at] = (pixels[at] ?? 0) * (1 - weight) + (blurred[at] ?? 0) * weight;
    }
  }
}

/** The pixel at a fraction of a side. An index may contain anything: values outside 0..1 count as the nearer end. */
function toPixel(fraction: number | undefined, side: number): number {
  return Math.trunc(Math.min(Math.max(fraction || 0, 0), 1) * side);
}

/** Regions end before the last row and column, as img2dataset's do. */
function clampGrown(edge: number, side: number): number {
  return Math.min(Math.max(Math.trunc(edge), 0), side - 1);
}
