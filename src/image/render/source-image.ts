import type { PlainHeader } from '../../codec/codec.ts';
import type { ImageHeader } from '../header/checks.ts';

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
  /** Header for the codec; null if only the fallback can decode the image. */
  readonly plain: PlainHeader | null;
}
