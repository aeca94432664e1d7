import sharp, { type Sharp } from 'sharp';
import type { ResizePlan } from '../../codec/resize-plan.ts';
import type { ImageFormat } from '../../core/image-signature.ts';
import { encode } from '../job/encoders.ts';
import type { ImageJob } from '../job/job.ts';
import type { ImageSettings } from '../job/settings.ts';
import { blendBlurred, drawMask, planBlur } from './blur.ts';
import { BACKGROUND, convertColours } from './colour.ts';
import { plannedKernel } from './interpolation.ts';
import type { SourceImage } from './source-image.ts';

// This is the only file that gives sharp foreign bytes, so these settings hold for all of them.
// A decoder works on one image at a time and never sees one twice, so threads and caches of libvips would only cost.
sharp.concurrency(1);
sharp.cache(false);
// libvips reads dozens of formats, also from files that images name: each loader widens the attack surface.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((loader) => `VipsForeignLoad${loader}Buffer`),
});

type Region = readonly number[];

/** libjpeg's warnings do not count: the codec finds missing pixels, which libvips overlooks in the last rows. */
const STRICT = { failOn: 'truncated', limitInputPixels: false } as const;

/** Reads everything before the pixels; null if that is damaged. */
export async function readWithSharp(
  bytes: Uint8Array,
  format: ImageFormat,
  autoOrient: boolean,
): Promise<SourceImage | null> {
  const header = await orNull(sharp(asStill(bytes, format), { limitInputPixels: false }).metadata());
  if (header === null) return null;
  const { space, orientation = 1, pages = 1 } = header;
  return {
    format,
    width: autoOrient ? header.autoOrient.width : header.width,
    height: autoOrient ? header.autoOrient.height : header.height,
    deep: header.depth === 'ushort',
    interlaced: header.isProgressive,
    gray: (space === 'b-w' || space === 'grey16') && !header.hasAlpha,
    alpha: header.hasAlpha,
    cmyk: space === 'cmyk',
    hasProfile: header.hasProfile,
    pages,
    turned: autoOrient && orientation > 1,
    exifBlock: header.exif,
    plain: null,
  };
}

/**
 * Whether every pixel can be decoded. Shrinking takes the fewest steps that still read to the last byte: a JPEG is
 * decoded at an eighth of its size, which reads all of its entropy code.
 */
export async function isIntact(bytes: Uint8Array, format: ImageFormat): Promise<boolean> {
  const pipeline = sharp(asStill(bytes, format), { ...STRICT, ignoreIcc: true });
  const decoded = await orNull(pipeline.resize(8, 8, { fit: 'fill', kernel: 'linear' }).raw().toBuffer());
  return decoded !== null;
}

/** libvips opens an animated AVIF only under the brand of a still one; then it decodes the first image. */
function asStill(bytes: Uint8Array, format: ImageFormat): Uint8Array {
  if (format !== 'avif' || String.fromCharCode(...bytes.subarray(8, 12)) !== 'avis') return bytes;
  const still = Buffer.from(bytes);
  still.write('avif', 8, 'latin1');
  return still;
}

/** Decodes, mattes on white, turns, scales, blurs, crops or pads, and encodes; null if the bytes are damaged. */
export async function renderWithSharp(
  { bytes, boxes }: ImageJob,
  image: SourceImage,
  plan: ResizePlan,
  settings: ImageSettings,
): Promise<Uint8Array | null> {
  const regions = boxes ?? [];
  const { scaled, crop, pad } = plan;
  const kernel = plannedKernel(plan, settings);
  // libvips stops reading after the last row that it needs, and would overlook damage below it.
  const readsAll = kernel !== 'nearest' && (crop === null || crop.height === scaled?.height);
  if (!readsAll && !(await isIntact(bytes, image.format))) return null;

  // Matting and blurring work on 8 bits; only PNG can hold more.
  const deep = image.deep && settings.encodeFormat === 'png' && !image.alpha && regions.length === 0;
  let pipeline = sharp(asStill(bytes, image.format), { ...STRICT, autoOrient: image.turned });
  convertColours(pipeline, image, deep);
  // Leaving a factor of two or more to the kernel, not to the loader, costs little and comes closer to INTER_AREA.
  if (scaled) pipeline.resize({ ...scaled, fit: 'fill', kernel, fastShrinkOnLoad: false });
  if (regions.length > 0) {
    const blurred = await orNull(blur(pipeline, regions));
    if (blurred === null) return null;
    pipeline = blurred;
  }
  if (crop) pipeline.extract(crop);
  if (pad) pipeline.extend({ ...pad, background: BACKGROUND });
  return orNull(encode(pipeline, settings).toBuffer());
}

async function blur(pipeline: Sharp, regions: readonly Region[]): Promise<Sharp> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const plan = planBlur(regions, info);
  // libvips takes 0.3 to 1000, and cuts the bell off by its height.
  const sigma = Math.min(Math.max(plan.sigma, 0.3), 1000);
  const heightAtEdge = Math.exp(-((Math.ceil(sigma) / sigma) ** 2) / 2);
  const gaussian = { sigma, minAmplitude: Math.max(heightAtEdge * 0.999, 0.001) };
  const open = (pixels: Uint8Array, bands: typeof channels) =>
    sharp(pixels, { raw: { width, height, channels: bands } }).toColourspace(bands === 1 ? 'b-w' : 'srgb');
  const mask = await open(drawMask(plan, info), 1).blur(gaussian).raw().toBuffer();
  blendBlurred(data, await open(data, channels).blur(gaussian).raw().toBuffer(), mask);
  return open(data, channels);
}

/** sharp's errors are about the bytes and may quote them, so they go no further. */
function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch(() => null);
}
