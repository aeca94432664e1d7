import type { Blur, EncodeFormat, Hash, Interpolation, ResizeMode } from '../../core/choices.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';

/** How every image of a run is processed. */
export interface ImageSettings {
  /** Target side in pixels. */
  readonly imageSize: number;
  readonly resizeMode: ResizeMode;
  readonly resizeOnlyIfBigger: boolean;
  readonly upscaleInterpolation: Interpolation;
  readonly downscaleInterpolation: Interpolation;
  readonly encodeFormat: EncodeFormat;
  /** jpg 0 to 100; webp 1 to 100, lossless above; png compression level 0 to 9. */
  readonly encodeQuality: number;
  /** Keeps bytes that already have the requested size and format. The image is still decoded and checked. */
  readonly skipReencode: boolean;
  /** Passes all bytes through, whatever they are: no decoding, no sizes, no check except the hash. */
  readonly disableAllReencoding: boolean;
  /** Applies the EXIF orientation. */
  readonly autoOrient: boolean;
  readonly blur: Blur;
  /** Minimum length of the shorter side in pixels. */
  readonly minImageSize: number;
  /** Maximum pixels of an image; Infinity for no limit. */
  readonly maxImageArea: number;
  /** Maximum ratio of the longer side to the shorter; Infinity for no limit. */
  readonly maxAspectRatio: number;
  /** What is done with metadata about rights; `off` does not read them. */
  readonly rights: RightsPolicy;
  /** Whether encoded images get XMP with what the metadata of the original say about rights. */
  readonly keepRightsMetadata: boolean;
  readonly extractExif: boolean;
  readonly computeHash: Hash | null;
}

/** What one image may cost. */
export interface ImageLimits {
  /** Maximum pixels of an image as its header states them; deep and interlaced PNG count double. */
  readonly maxPixels: number;
  /** The same for AVIF, whose decoder needs about 18 bytes per pixel. */
  readonly maxAvifPixels: number;
  readonly maxSidePixels: number;
  /** Maximum frames of an animation. */
  readonly maxPages: number;
  /** Maximum scans of a JPEG: each may cost as much as the whole image. Ordinary files have 1 to 14. */
  readonly maxScans: number;
  /** CPU time that a decoder has for one image; it has ten times as much wall time. */
  readonly decodeTimeoutMs: number;
  /** Address space of a decoder; enforced where the system has `ulimit -v`. */
  readonly memoryBytes: number;
  /** Estimated memory that all images in progress may need together, for each decoder. A single image may need more. */
  readonly budgetBytesPerDecoder: number;
  /** Images after which a decoder is replaced by a fresh one. */
  readonly recycleAfter: number;
  /** Memory that a decoder may keep between two images; beyond it the decoder is replaced. */
  readonly recycleBytes: number;
}

export const DEFAULT_LIMITS: ImageLimits = {
  maxPixels: 64_000_000,
  maxAvifPixels: 16_000_000,
  maxSidePixels: 32_768,
  maxPages: 1_000,
  maxScans: 100,
  decodeTimeoutMs: 20_000,
  memoryBytes: 2 * 2 ** 30,
  budgetBytesPerDecoder: 256 * 2 ** 20,
  recycleAfter: 50_000,
  recycleBytes: 384 * 2 ** 20,
};
