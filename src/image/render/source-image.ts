import type { PlainHeader } from '../../codec/codec.ts';
import type { Turn } from '../../codec/resample/axes.ts';
import type { ImageHeader } from '../header/checks.ts';

/** An image that the codec may decode, and how it has to be turned. */
export interface PlainImage {
  readonly header: PlainHeader;
  readonly turn: Turn;
}

/** Everything about a downloaded image that decides how it is rendered, read before its pixels. */
export interface SourceImage extends ImageHeader {
  /** One channel. A gray image with alpha counts as colour: it is matted to RGB, as OpenCV does. */
  readonly gray: boolean;
  readonly alpha: boolean;
  readonly cmyk: boolean;
  readonly hasProfile: boolean;
  /** Frames of an animation; 1 for a still image. */
  readonly pages: number;
  /** The EXIF orientation is applied and is not upright. */
  readonly turned: boolean;
  /** TIFF structure, with or without `Exif\0\0` before it. */
  readonly exifBlock: Uint8Array | undefined;
  /** What the codec needs; null if only the fallback can decode the image. */
  readonly plain: PlainImage | null;
}
