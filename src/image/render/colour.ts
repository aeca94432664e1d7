import type { Sharp } from 'sharp';
import type { SourceImage } from './source-image.ts';

/** Colour of borders, and of what shows through transparent pixels. */
export const BACKGROUND = '#ffffff';

/**
 * Decides the colours of a result: gray or sRGB, 8 or 16 bits per channel, matted on white. libvips converts colours
 * with an ICC profile to sRGB, and no profile is written. The codec gets only sRGB profiles, which change nothing: the
 * readers of `codec/` refuse all others.
 *
 * @param deep the result keeps 16 bits per channel
 */
export function convertColours(
  pipeline: Sharp,
  { gray, deep: isDeepSource, hasProfile, alpha }: SourceImage,
  deep: boolean,
): void {
  pipeline.toColourspace(gray ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb');
  // sharp takes deep images through Display P3 and would leave them there.
  if (isDeepSource && hasProfile && !gray) pipeline.withIccProfile('srgb', { attach: false });
  if (alpha) pipeline.flatten({ background: BACKGROUND });
}
