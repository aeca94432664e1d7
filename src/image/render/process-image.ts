import sharp, { type Sharp } from 'sharp';
import { Codec, type PlainHeader } from '../../codec/codec.ts';
import { readJpegHeader } from '../../codec/jpeg-header.ts';
import { readPngHeader } from '../../codec/png-header.ts';
import { plannedSize, type ResizePlan } from '../../codec/resize-plan.ts';
import type { FailureCode } from '../../core/failures.ts';
import type { EncodedImage } from '../../core/samples.ts';
import { readExif } from '../exif/exif.ts';
import { readOrientation } from '../exif/orientation.ts';
import { exceedsLimits, findMisfit, type ImageHeader, isEncodable } from '../header/checks.ts';
import { passThrough } from '../header/passthrough.ts';
import { findScan } from '../header/read-header.ts';
import { detectFormat, type ImageFormat } from '../header/signature.ts';
import { digest } from '../job/digest.ts';
import { planResize } from '../job/geometry.ts';
import type { ImageJob, ImageResult } from '../job/job.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';
import { blendBlurred, drawMask, planBlur } from './blur.ts';
import { kernelFor } from './interpolation.ts';

// A decoder works on one picture at a time and sees none twice: threads and caches of libvips only cost.
sharp.concurrency(1);
sharp.cache(false);
// libvips reads dozens of formats, also from files that are named in pictures: each loader is a door.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((loader) => `VipsForeignLoad${loader}Buffer`),
});

const WHITE = '#ffffff';
const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp', gif: 'gif', avif: 'avif' } as const;
const PNG_END_CHUNK = Buffer.from('\0\0\0\0IEND\xaeB`\x82', 'latin1');
const JPEG_END_MARKER = Buffer.of(0xff, 0xd9);
const UNTOUCHED: ResizePlan = { scaled: null, crop: null, pad: null, direction: 'up' };

const PLAIN_READERS: Partial<Record<ImageFormat, (bytes: Uint8Array) => PlainHeader | null>> = {
  jpeg: readJpegHeader,
  png: readPngHeader,
};

interface Picture extends ImageHeader {
  /** One channel; with alpha a gray picture is matted to RGB, as OpenCV does it. */
  readonly gray: boolean;
  readonly alpha: boolean;
  readonly cmyk: boolean;
  readonly hasProfile: boolean;
  readonly pages: number;
  /** The EXIF orientation is applied and is not upright. */
  readonly turned: boolean;
  readonly exifBlock: Uint8Array | undefined;
  /** Set where the fast way may be tried. */
  readonly plain: PlainHeader | null;
}

/** Takes one body through everything that `settings` ask for. What is wrong with the bytes never throws. */
export async function processImage(
  job: ImageJob,
  settings: ImageSettings,
  limits: ImageLimits,
): Promise<ImageResult> {
  const { bytes, expectedHash } = job;
  if (settings.disableAllReencoding)
    return passThrough(job, settings, settings.extractExif ? await exifOf(bytes) : null);
  const { format, mimeType } = detectFormat(bytes);
  const hash = digest(bytes, settings.computeHash);
  if (expectedHash !== undefined && expectedHash !== hash)
    return { ok: false, code: 'hash_mismatch', mimeType };
  const image = await convert(job, format, settings, limits);
  if (typeof image === 'string') return { ok: false, code: image, mimeType };
  return { ok: true, image: { ...image, hash }, mimeType };
}

type Unhashed = Omit<EncodedImage, 'hash'>;

/** Null where the bytes are damaged before the pixels. */
async function exifOf(bytes: Uint8Array): Promise<string | null> {
  const { format } = detectFormat(bytes);
  if (format === null) return readExif(undefined);
  const picture = readPlainHeader(bytes, format, false) ?? (await readHeader(bytes, format, false));
  return picture && readExif(picture.exifBlock);
}

async function convert(
  job: ImageJob,
  format: ImageFormat | null,
  settings: ImageSettings,
  limits: ImageLimits,
): Promise<Unhashed | FailureCode> {
  if (format === null) return 'image_unknown';
  const { bytes } = job;
  const autoOrient = settings.autoOrient && settings.encodeFormat !== 'original';
  const plain = readPlainHeader(bytes, format, autoOrient);
  const image = plain && (await carryOut(job, plain, settings, limits));
  // What is refused is looked at by sharp, so that there is one judge of what is damaged.
  if (image !== null && typeof image !== 'string') return image;
  const picture = await readHeader(bytes, format, autoOrient);
  return picture === null ? 'image_undecodable' : carryOut(job, picture, settings, limits);
}

async function carryOut(
  { bytes, boxes }: ImageJob,
  picture: Picture,
  settings: ImageSettings,
  limits: ImageLimits,
): Promise<Unhashed | FailureCode> {
  const { format, plain } = picture;
  const keepAlways = settings.encodeFormat === 'original';
  if (exceedsLimits(picture, limits)) return 'image_too_many_pixels';
  if (picture.pages > limits.maxPages) return 'image_too_many_pages';
  if (lacksEnd(bytes, format)) return 'image_undecodable';
  const misfit = findMisfit(picture, settings);
  if (misfit !== null) return misfit;

  const plan = keepAlways ? UNTOUCHED : planResize(picture.width, picture.height, settings);
  const size = plannedSize(picture, plan);
  if (!isEncodable(plan.scaled ?? size, size, settings.encodeFormat, limits)) return 'image_unencodable';

  const regions = boxes ?? [];
  const keep =
    keepAlways || (settings.skipReencode && regions.length === 0 && isAsAsked(picture, plan, settings));
  const output = plain
    ? renderFast(bytes, plain, keep ? null : plan, regions, settings)
    : await (keep ? whole(bytes) : render(bytes, picture, plan, regions, settings));
  if (output === null) return 'image_undecodable';
  return {
    bytes: output,
    extension: settings.encodeFormat === 'original' ? EXTENSIONS[format] : settings.encodeFormat,
    ...size,
    originalWidth: picture.width,
    originalHeight: picture.height,
    exif: settings.extractExif ? readExif(picture.exifBlock) : null,
  };
}

/** Reads what stands before the pixels; null where that is damaged. */
async function readHeader(
  bytes: Uint8Array,
  format: ImageFormat,
  autoOrient: boolean,
): Promise<Picture | null> {
  const header = await orNull(sharp(bytes, { limitInputPixels: false }).metadata());
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

/** The same of a picture that the fast way may take; null for all others. */
function readPlainHeader(bytes: Uint8Array, format: ImageFormat, autoOrient: boolean): Picture | null {
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
 * libvips does not miss the last chunk of a PNG; most of those who will read the dataset would. Of a JPEG it misses the
 * end where scaling leaves out the last row.
 */
function lacksEnd({ buffer, byteOffset, byteLength }: Uint8Array, format: ImageFormat): boolean {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  if (format === 'png') return bytes.lastIndexOf(PNG_END_CHUNK) === -1;
  return format === 'jpeg' && bytes.lastIndexOf(JPEG_END_MARKER) < findScan(bytes);
}

/** Whether the bytes already are what rendering them would aim at. */
function isAsAsked(picture: Picture, plan: ResizePlan, { encodeFormat }: ImageSettings): boolean {
  const { format, alpha, cmyk, pages, turned } = picture;
  return (
    EXTENSIONS[format] === encodeFormat && plan.scaled === null && !alpha && !cmyk && pages === 1 && !turned
  );
}

/**
 * The bytes themselves if every one of their pixels can be decoded, else null. Shrinking takes the fewest steps that
 * still read to the last byte: a JPEG is decoded at an eighth of its size, which reads all of its entropy code.
 */
async function whole(bytes: Uint8Array): Promise<Uint8Array | null> {
  const pipeline = sharp(bytes, { failOn: 'truncated', limitInputPixels: false, ignoreIcc: true });
  const decoded = await orNull(pipeline.resize(8, 8, { fit: 'fill', kernel: 'linear' }).raw().toBuffer());
  return decoded && bytes;
}

type Region = readonly number[];

let fastJpeg: Codec | undefined;

function fastJpegOf({ encodeQuality }: Pick<ImageSettings, 'encodeQuality'>): Codec {
  const quality = Math.max(1, encodeQuality);
  if (fastJpeg?.quality !== quality) fastJpeg = new Codec(quality);
  return fastJpeg;
}

/** What `render` or, without a plan, `whole` does; null where these have to. */
function renderFast(
  bytes: Uint8Array,
  header: PlainHeader,
  plan: ResizePlan | null,
  regions: readonly Region[],
  settings: ImageSettings,
): Uint8Array | null {
  if (plan === null) return fastJpegOf(settings).isWhole(bytes, header) ? bytes : null;
  const kernel = plannedKernel(plan, settings);
  if (regions.length > 0 || settings.encodeFormat !== 'jpg' || kernel === 'nearest') return null;
  return fastJpegOf(settings).convert(bytes, header, plan, kernel);
}

/** Decodes, matts on white, turns, scales, blurs, crops or pads and encodes; null where the bytes are damaged. */
async function render(
  bytes: Uint8Array,
  picture: Picture,
  plan: ResizePlan,
  regions: readonly Region[],
  settings: ImageSettings,
): Promise<Uint8Array | null> {
  const { scaled, crop, pad } = plan;
  const kernel = plannedKernel(plan, settings);
  // libvips stops reading after the last row it needs, and damage below would go unseen.
  const readsAll = kernel !== 'nearest' && (crop === null || crop.height === scaled?.height);
  if (!readsAll && (await whole(bytes)) === null) return null;

  // Matting and blurring work on 8 bits; only PNG can hold more.
  const deep = picture.deep && settings.encodeFormat === 'png' && !picture.alpha && regions.length === 0;
  let pipeline = sharp(bytes, { failOn: 'truncated', limitInputPixels: false, autoOrient: picture.turned });
  pipeline.toColourspace(picture.gray ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb');
  // sharp takes deep pictures through Display P3 and would leave them there.
  if (picture.deep && picture.hasProfile && !picture.gray) pipeline.withIccProfile('srgb', { attach: false });
  if (picture.alpha) pipeline.flatten({ background: WHITE });
  // Leaving a factor of two or more to the kernel, not to the loader, costs little and comes closer to INTER_AREA.
  if (scaled) pipeline.resize({ ...scaled, fit: 'fill', kernel, fastShrinkOnLoad: false });
  if (regions.length > 0) {
    const blurred = await orNull(blur(pipeline, regions));
    if (blurred === null) return null;
    pipeline = blurred;
  }
  if (crop) pipeline.extract(crop);
  if (pad) pipeline.extend({ ...pad, background: WHITE });
  return orNull(encode(pipeline, settings).toBuffer());
}

function plannedKernel({ direction }: ResizePlan, settings: ImageSettings) {
  const isDown = direction === 'down';
  return kernelFor(isDown ? settings.downscaleInterpolation : settings.upscaleInterpolation, direction);
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

function encode(pipeline: Sharp, { encodeFormat, encodeQuality }: ImageSettings): Sharp {
  switch (encodeFormat) {
    case 'png':
      return pipeline.png({ compressionLevel: encodeQuality });
    case 'webp':
      return pipeline.webp(encodeQuality > 100 ? { lossless: true } : { quality: encodeQuality });
    default:
      // Optimised Huffman tables would cost 0.6 ms a picture.
      return pipeline.jpeg({ quality: Math.max(1, encodeQuality), optimiseCoding: false });
  }
}

/** sharp's errors are about the bytes and may quote them: they end here. */
function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch(() => null);
}
