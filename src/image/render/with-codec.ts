import { Codec, type PlainHeader } from '../../codec/codec.ts';
import { readJpegHeader } from '../../codec/jpeg-header.ts';
import { readPngHeader } from '../../codec/png-header.ts';
import type { ResizePlan } from '../../codec/resize-plan.ts';
import type { ImageFormat } from '../../core/image-signature.ts';
import { readOrientation } from '../exif/orientation.ts';
import type { ImageJob } from '../job/job.ts';
import type { ImageSettings } from '../job/settings.ts';
import { plannedKernel } from './interpolation.ts';
import type { SourceImage } from './source-image.ts';

const PLAIN_READERS: Partial<Record<ImageFormat, (bytes: Uint8Array) => PlainHeader | null>> = {
  jpeg: readJpegHeader,
  png: readPngHeader,
};

/** The header of an image that the codec may decode; null for all others, which go to the fallback. */
export function readWithCodec(
  bytes: Uint8Array,
  format: ImageFormat,
  autoOrient: boolean,
): (SourceImage & { readonly plain: PlainHeader }) | null {
  const header = PLAIN_READERS[format]?.(bytes) ?? null;
  if (header === null) return null;
  const exifBlock = header.format === 'jpeg' ? header.exif : undefined;
  if (autoOrient && exifBlock && readOrientation(exifBlock) !== 1) return null;
  return {
    format: header.format,
    width: header.width,
    height: header.height,
    deep: false,
    interlaced: header.format === 'jpeg' && header.progressive,
    gray: header.components.length === 1,
    alpha: false,
    cmyk: false,
    hasProfile: false,
    pages: 1,
    turned: false,
    exifBlock,
    plain: header,
  };
}

/**
 * The encoded image, or the bytes themselves if `plan` is null and every pixel can be decoded. Null if the
 * fallback has to decide: the codec writes JPEG only, and it neither blurs nor scales with the nearest pixel.
 */
export function renderWithCodec(
  { bytes, boxes }: ImageJob,
  header: PlainHeader,
  plan: ResizePlan | null,
  settings: ImageSettings,
): Uint8Array | null {
  if (plan === null) return codecFor(settings).isIntact(bytes, header) ? bytes : null;
  const kernel = plannedKernel(plan, settings);
  if (boxes?.length || settings.encodeFormat !== 'jpg' || kernel === 'nearest') return null;
  return codecFor(settings).convert(bytes, header, plan, kernel);
}

/** Whether a JPEG for the fallback lacks pixels: libjpeg would fill them with gray. */
export function lacksPixels(bytes: Uint8Array, settings: ImageSettings): boolean {
  return codecFor(settings).lacksPixels(bytes);
}

let codec: Codec | undefined;

/** One codec per process; a new quality replaces it. */
function codecFor({ encodeQuality }: Pick<ImageSettings, 'encodeQuality'>): Codec {
  const quality = Math.max(1, encodeQuality);
  if (codec?.quality !== quality) codec = new Codec(quality);
  return codec;
}
