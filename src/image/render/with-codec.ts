import { Codec, type PlainHeader } from '../../codec/codec.ts';
import { readJpegHeader } from '../../codec/jpeg-header.ts';
import { readPngHeader } from '../../codec/png-header.ts';
import { turnedSize, turnFor } from '../../codec/resample/axes.ts';
import type { ResizePlan } from '../../codec/resample/plan.ts';
import { readWebpHeader } from '../../codec/webp.ts';
import type { ImageFormat } from '../../core/image-signature.ts';
import { readOrientation } from '../exif/orientation.ts';
import type { ImageJob } from '../job/job.ts';
import type { ImageSettings } from '../job/settings.ts';
import { plannedInterpolation } from './interpolation.ts';
import type { PlainImage, SourceImage } from './source-image.ts';

const PLAIN_READERS: Partial<Record<ImageFormat, (bytes: Uint8Array) => PlainHeader | null>> = {
  jpeg: readJpegHeader,
  png: readPngHeader,
  webp: readWebpHeader,
};

/** The header of an image that the codec may decode; null for all others, which go to the fallback. */
export function readWithCodec(
  bytes: Uint8Array,
  format: ImageFormat,
  autoOrient: boolean,
): (SourceImage & { readonly plain: PlainImage }) | null {
  const header = PLAIN_READERS[format]?.(bytes) ?? null;
  if (header === null) return null;
  const exifBlock = header.format === 'jpeg' ? header.exif : undefined;
  const orientation = autoOrient && exifBlock ? readOrientation(exifBlock) : 1;
  if (orientation === null) return null;
  const turn = turnFor(orientation);
  return {
    format: header.format,
    ...turnedSize(header, turn),
    deep: false,
    interlaced: header.format === 'jpeg' && header.progressive,
    gray: header.components.length === 1,
    alpha: false,
    cmyk: false,
    hasProfile: false,
    pages: 1,
    turned: turn.transposed || turn.reversedAcross || turn.reversedDown,
    exifBlock,
    plain: { header, turn },
  };
}

/**
 * The encoded image, or the bytes themselves if `plan` is null and every pixel can be decoded. Null if the
 * fallback has to decide: the codec writes JPEG only, and does not blur.
 */
export function renderWithCodec(
  { bytes, boxes }: ImageJob,
  { header, turn }: PlainImage,
  plan: ResizePlan | null,
  settings: ImageSettings,
): Uint8Array | null {
  if (plan === null) return codecFor(settings).isIntact(bytes, header) ? bytes : null;
  if (boxes?.length || settings.encodeFormat !== 'jpg') return null;
  return codecFor(settings).convert(bytes, header, plan, plannedInterpolation(plan, settings), turn);
}

/** Whether a JPEG for the fallback lacks pixels: libjpeg would fill them with gray. */
export function lacksPixels(bytes: Uint8Array, settings: ImageSettings): boolean {
  return codecFor(settings).lacksPixels(bytes);
}

let codec: Codec | undefined;

/** One codec per process; a new quality replaces it. */
export function codecFor({ encodeQuality }: Pick<ImageSettings, 'encodeQuality'>): Codec {
  // WebP's lossless quality is 101.
  const quality = Math.min(Math.max(1, encodeQuality), 100);
  if (codec?.quality !== quality) codec = new Codec(quality);
  return codec;
}
