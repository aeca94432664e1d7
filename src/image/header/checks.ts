import type { Size } from '../../codec/resize-plan.ts';
import type { EncodeFormat } from '../../core/choices.ts';
import type { FailureCode } from '../../core/failures.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';
import type { ImageFormat } from './signature.ts';

/** What the header of a picture tells before any pixel is decoded. */
export interface ImageHeader extends Size {
  readonly format: ImageFormat;
  /** 16 bits a channel. */
  readonly deep: boolean;
  /** Interlaced PNG, or JPEG in several scans: its last pixels are needed for its first. */
  readonly interlaced: boolean;
}

/** Whether a picture may be decoded at all: a header of 41 bytes can ask for gigabytes. */
export function exceedsLimits(header: ImageHeader, limits: ImageLimits): boolean {
  const { format, width, height, deep, interlaced } = header;
  const cost = width * height * (format === 'png' && (deep || interlaced) ? 2 : 1);
  const maxPixels = format === 'avif' ? limits.maxAvifPixels : limits.maxPixels;
  return cost > maxPixels || Math.max(width, height) > limits.maxSidePixels;
}

/** The first of the user's demands on the original size that a picture misses, in img2dataset's order. */
export function findMisfit({ width, height }: Size, settings: ImageSettings): FailureCode | null {
  const shorter = Math.min(width, height);
  if (shorter < settings.minImageSize) return 'image_too_small';
  if (width * height > settings.maxImageArea) return 'image_area_too_large';
  if (Math.max(width, height) / shorter > settings.maxAspectRatio) return 'image_aspect_ratio';
  return null;
}

/** Longest sides that the encoders take: of libjpeg, and of WebP as a format. */
const MAX_ENCODED_SIDES: Readonly<Record<EncodeFormat, number>> = {
  jpg: 65_500,
  webp: 16_383,
  png: Number.POSITIVE_INFINITY,
  original: Number.POSITIVE_INFINITY,
};

/**
 * Whether the result of a plan can be made: scaling up long, thin pictures makes monsters.
 *
 * @param largest size at the plan's largest step
 * @param result size in the end
 */
export function isEncodable(largest: Size, result: Size, format: EncodeFormat, limits: ImageLimits): boolean {
  return (
    largest.width * largest.height <= limits.maxPixels &&
    Math.max(result.width, result.height) <= MAX_ENCODED_SIDES[format]
  );
}
