import type { Sharp } from 'sharp';
import type { EncodeFormat } from '../../core/choices.ts';
import type { ImageSettings } from './settings.ts';

/** One output format. A new one is a line of `ENCODE_FORMATS` and an entry of `ENCODERS`. */
interface Encoder {
  /** Longest side in pixels that the format or its library can hold. */
  readonly maxSide: number;
  /** Maximum bytes of memory per pixel of the result: the encoder's work space, and its output for noise. */
  readonly bytesPerPixel: number;
  /** Adds the encoding to a pipeline. `quality` is `ImageSettings.encodeQuality`. */
  encode(pipeline: Sharp, quality: number): Sharp;
}

/** The encoders by format; `original` has none, because it keeps the downloaded bytes. */
const ENCODERS: Readonly<Record<Exclude<EncodeFormat, 'original'>, Encoder>> = {
  jpg: {
    // The limit of libjpeg.
    maxSide: 65_500,
    // Three channels of 16 bits where an image is enlarged, and chroma.
    bytesPerPixel: 8,
    // Optimised Huffman tables would cost 0.6 ms per image.
    encode: (pipeline, quality) => pipeline.jpeg({ quality: Math.max(1, quality), optimiseCoding: false }),
  },
  png: {
    maxSide: Number.POSITIVE_INFINITY,
    bytesPerPixel: 20,
    encode: (pipeline, quality) => pipeline.png({ compressionLevel: quality }),
  },
  webp: {
    // The limit of the format.
    maxSide: 16_383,
    bytesPerPixel: 42,
    encode: (pipeline, quality) => pipeline.webp(quality > 100 ? { lossless: true } : { quality }),
  },
};

/** Longest side in pixels of a result in this format. */
export function maxEncodedSide(format: EncodeFormat): number {
  return format === 'original' ? Number.POSITIVE_INFINITY : ENCODERS[format].maxSide;
}

/** Maximum bytes of memory that encoding takes per pixel of the result. */
export function encodingBytesPerPixel(format: EncodeFormat): number {
  return format === 'original' ? 0 : ENCODERS[format].bytesPerPixel;
}

/** Adds the encoding that the settings ask for to a pipeline. */
export function encode(
  pipeline: Sharp,
  { encodeFormat, encodeQuality }: Pick<ImageSettings, 'encodeFormat' | 'encodeQuality'>,
): Sharp {
  return ENCODERS[encodeFormat === 'original' ? 'jpg' : encodeFormat].encode(pipeline, encodeQuality);
}
