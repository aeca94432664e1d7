import type { EncodeFormat, Hash, Interpolation, ResizeMode } from '../../core/choices.ts';

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
  /** Keeps bytes that already are what was asked for; the picture is still decoded and checked. */
  readonly skipReencode: boolean;
  /** Keeps all bytes unseen, whatever they are: no decoding, no sizes, no checks but the hash. */
  readonly disableAllReencoding: boolean;
  /** Applies the EXIF orientation. */
  readonly autoOrient: boolean;
  /** Least length of the shorter side in pixels. */
  readonly minImageSize: number;
  /** Most pixels of a picture; Infinity for no limit. */
  readonly maxImageArea: number;
  /** Most times the longer side may exceed the shorter; Infinity for no limit. */
  readonly maxAspectRatio: number;
  readonly extractExif: boolean;
  readonly computeHash: Hash | null;
}

/** What one picture may cost. */
export interface ImageLimits {
  /** Pixels of a picture as its header states them; deep and interlaced PNG count double. */
  readonly maxPixels: number;
  /** The same for AVIF, whose decoder takes some 18 bytes a pixel. */
  readonly maxAvifPixels: number;
  readonly maxSidePixels: number;
  /** Frames of an animation. */
  readonly maxPages: number;
  /** Time a decoder has for one picture. */
  readonly decodeTimeoutMs: number;
  /** Address space of a decoder; kept where the system has `ulimit -v`. */
  readonly memoryBytes: number;
  /** What all pictures under way may need together by estimate, for each decoder; a picture alone may need more. */
  readonly budgetBytesPerDecoder: number;
  /** Pictures after which a decoder is replaced by a fresh one. */
  readonly recycleAfter: number;
  /** Memory that a decoder may keep between two pictures until it is replaced. */
  readonly recycleBytes: number;
}

export const DEFAULT_LIMITS: ImageLimits = {
  maxPixels: 64_000_000,
  maxAvifPixels: 16_000_000,
  maxSidePixels: 32_768,
  maxPages: 1_000,
  decodeTimeoutMs: 20_000,
  memoryBytes: 2 * 2 ** 30,
  budgetBytesPerDecoder: 256 * 2 ** 20,
  recycleAfter: 50_000,
  recycleBytes: 384 * 2 ** 20,
};
