import type { Size } from '../../codec/resample/plan.ts';
import type { EncodeFormat } from '../../core/choices.ts';
import type { FailureCode } from '../../core/failures.ts';
import type { ImageFormat } from '../../core/image-signature.ts';
import { maxEncodedSide } from '../job/encoders.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';

/** Size in pixels and layout of an image, as its header states them before any pixel is decoded. */
export interface ImageHeader extends Size {
  readonly format: ImageFormat;
  /** 16 bits a channel. */
  readonly deep: boolean;
  /** Interlaced PNG, or JPEG in several scans: decoding its first rows needs all of its bytes. */
  readonly interlaced: boolean;
}

/**
 * Whether decoding an image would cost too much: a file of 41 bytes can ask for gigabytes. Deep and interlaced PNG count
 * double, and AVIF has a limit of its own.
 */
export function exceedsLimits(header: ImageHeader, limits: ImageLimits): boolean {
  const { format, width, height, deep, interlaced } = header;
  const cost = width * height * (format === 'png' && (deep || interlaced) ? 2 : 1);
  const maxPixels = format === 'avif' ? limits.maxAvifPixels : limits.maxPixels;
  return cost > maxPixels || Math.max(width, height) > limits.maxSidePixels;
}

/** The first of the user's size limits that the original size exceeds, in img2dataset's order; null if none. */
export function findMisfit({ width, height }: Size, settings: ImageSettings): FailureCode | null {
  const shorter = Math.min(width, height);
  if (shorter < settings.minImageSize) return 'image_too_small';
  if (width * height > settings.maxImageArea) return 'image_area_too_large';
  if (Math.max(width, height) / shorter > settings.maxAspectRatio) return 'image_aspect_ratio';
  return null;
}

/**
 * Whether the result of a plan can be encoded: enlarging a long, thin image can exceed the limits of encoders.
 *
 * @param largest size after scaling, before cropping
 * @param result size of the finished image
 */
export function isEncodable(largest: Size, result: Size, format: EncodeFormat, limits: ImageLimits): boolean {
  return (
    largest.width * largest.height <= limits.maxPixels &&
    Math.max(result.width, result.height) <= maxEncodedSide(format)
  );
}
