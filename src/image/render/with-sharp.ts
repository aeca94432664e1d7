import sharp, { type Sharp } from 'sharp';
import type { ResizePlan } from '../../codec/resample/plan.ts';
import type { Pixels } from '../../codec/scale-exactly.ts';
import type { ImageFormat } from '../../core/image-signature.ts';
import { encode } from '../job/encoders.ts';
import type { ImageJob } from '../job/job.ts';
import type { ImageSettings } from '../job/settings.ts';
import { blendBlurred, drawMask, planBlur } from './blur.ts';
import { BACKGROUND, convertColours } from './colour.ts';
import { plannedInterpolation } from './interpolation.ts';
import type { SourceImage } from './source-image.ts';
import { codecFor } from './with-codec.ts';

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

/**
 * Decodes, mattes on white, turns, scales, blurs, crops or pads, and encodes; null if the bytes are damaged. Scaling
 * is the codec's, so that an image has the same pixels whatever decodes it.
 */
export async function renderWithSharp(
  { bytes, boxes }: ImageJob,
  image: SourceImage,
  plan: ResizePlan,
  settings: ImageSettings,
): Promise<Uint8Array | null> {
  const regions = boxes ?? [];
  // Matting and blurring work on 8 bits; only PNG can hold more.
  const deep = image.deep && settings.encodeFormat === 'png' && !image.alpha && regions.length === 0;
  const pipeline = sharp(asStill(bytes, image.format), { ...STRICT, autoOrient: image.turned });
  convertColours(pipeline, image, deep);
  if (plan.scaled === null && regions.length === 0) return orNull(encode(pipeline, settings).toBuffer());

  const interpolation = plannedInterpolation(plan, settings);
  const codec = codecFor(settings);
  const encodeScaled = (pixels: Pixels<Uint8Array | Uint16Array>) => {
    const scaled = codec.scalePixels(pixels, plan, interpolation);
    return scaled && encode(open(scaled), settings).toBuffer();
  };
  if (deep) {
    const pixels = await orNull(decodeDeep(pipeline));
    return pixels && encodeScaled(pixels);
  }
  const pixels = await orNull(decodeBytes(pipeline));
  if (pixels === null) return null;
  if (regions.length > 0) {
    const { crop, pad } = plan;
    const scaled = codec.scalePixels(pixels, { ...plan, crop: null, pad: null }, interpolation);
    if (scaled === null) return null;
    const blurred = await blur(scaled, regions, settings);
    if (crop) blurred.extract(crop);
    if (pad) blurred.extend({ ...pad, background: BACKGROUND });
    return encode(blurred, settings).toBuffer();
  }
  const jpeg = settings.encodeFormat === 'jpg' ? codec.encodePixels(pixels, plan, interpolation) : null;
  return jpeg ?? encodeScaled(pixels);
}

async function decodeBytes(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { samples: data, width, height, channels: channels === 1 ? 1 : 3 };
}

async function decodeDeep(pipeline: Sharp): Promise<Pixels<Uint16Array>> {
  const { data, info } = await pipeline.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return { samples, width, height, channels: channels === 1 ? 1 : 3 };
}

function open({ samples, width, height, channels }: Pixels<Uint8Array | Uint16Array>): Sharp {
  const isDeep = samples instanceof Uint16Array;
  const space = channels === 1 ? (isDeep ? 'grey16' : 'b-w') : isDeep ? 'rgb16' : 'srgb';
  return sharp(samples, { raw: { width, height, channels } }).toColourspace(space);
}

async function blur(pixels: Pixels, regions: readonly Region[], settings: ImageSettings): Promise<Sharp> {
  const plan = planBlur(regions, pixels, settings.blur);
  // libvips takes 0.3 or more, and cuts the bell off by its height.
  const sigma = Math.max(plan.sigma, 0.3);
  const heightAtEdge = Math.exp(-((plan.reach / sigma) ** 2) / 2);
  const gaussian = { sigma, minAmplitude: Math.max(heightAtEdge * 0.999, 0.001) };
  const mask = open({ ...pixels, samples: drawMask(plan, pixels), channels: 1 });
  const [whole, weights] = [open(pixels).blur(gaussian), mask.blur(gaussian)];
  blendBlurred(pixels.samples, await whole.raw().toBuffer(), await weights.raw().toBuffer());
  return open(pixels);
}

/** sharp's errors are about the bytes and may quote them, so they go no further. */
function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch(() => null);
}
