import { plannedSize, type ResizePlan } from '../../codec/resample/plan.ts';
import type { EmbeddedRights } from '../../core/embedded-rights.ts';
import type { FailureCode } from '../../core/failures.ts';
import { detectFormat, type ImageFormat } from '../../core/image-signature.ts';
import type { EncodedImage } from '../../core/samples.ts';
import { readEmbedded, refusalOf } from '../embedded/read-embedded.ts';
import { insertXmp } from '../embedded/xmp/insert-xmp.ts';
import { rightsPacket } from '../embedded/xmp/rights-packet.ts';
import { readExif } from '../exif/exif.ts';
import { exceedsLimits, findMisfit, isEncodable } from '../header/checks.ts';
import { hasMoreScans } from '../header/jpeg-scans.ts';
import { passThrough } from '../header/passthrough.ts';
import { digest } from '../job/digest.ts';
import type { ImageJob, ImageResult } from '../job/job.ts';
import { planResize } from '../job/resize-modes.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';
import { canBeKept, EXTENSIONS, keepsBytes, lacksEnd } from './keep-bytes.ts';
import type { SourceImage } from './source-image.ts';
import { lacksPixels, readWithCodec, renderWithCodec } from './with-codec.ts';
import { isIntact, readWithSharp, renderWithSharp } from './with-sharp.ts';

type UnhashedImage = Omit<EncodedImage, 'hash'>;

const UNCHANGED: ResizePlan = { scaled: null, crop: null, pad: null, direction: 'up' };

/**
 * Does everything that `settings` ask for with one body: rights metadata, hash, checks, resizing, encoding, EXIF. An image
 * whose metadata refuse its use is not decoded. Damaged bytes give a result with a failure code and never throw.
 */
export async function processImage(
  job: ImageJob,
  settings: ImageSettings,
  limits: ImageLimits,
): Promise<ImageResult> {
  const rights = settings.rights === 'off' ? null : readEmbedded(job.bytes);
  if (rights === null) return processAllowed(job, settings, limits);
  const code = refusalOf(rights, settings.rights);
  const result: ImageResult =
    code === null
      ? await processAllowed(job, settings, limits)
      : { ok: false, code, mimeType: detectFormat(job.bytes).mimeType };
  return { ...(settings.keepRightsMetadata ? withPacket(result, rights, job, settings) : result), rights };
}

/** The result with XMP about rights, if its image was encoded; one that was kept has its metadata. */
function withPacket(
  result: ImageResult,
  rights: EmbeddedRights,
  { bytes: original }: ImageJob,
  { encodeFormat }: ImageSettings,
): ImageResult {
  if (!result.ok || encodeFormat === 'original' || result.image.bytes === original) return result;
  const packet = rightsPacket(rights);
  if (packet === null) return result;
  const { image } = result;
  return { ...result, image: { ...image, bytes: insertXmp(image.bytes, encodeFormat, packet) } };
}

async function processAllowed(
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

/** The EXIF tags as JSON, none if there is no header to read them from; null if they are damaged. */
async function exifOf(bytes: Uint8Array): Promise<string | null> {
  const { format } = detectFormat(bytes);
  if (format === null) return readExif(undefined);
  const image = readWithCodec(bytes, format, false) ?? (await readWithSharp(bytes, format, false));
  return readExif(image?.exifBlock);
}

/** Tries the codec first, then the fallback, whose verdict is final. */
async function convert(
  job: ImageJob,
  format: ImageFormat | null,
  settings: ImageSettings,
  limits: ImageLimits,
): Promise<UnhashedImage | FailureCode> {
  if (format === null) return 'image_unknown';
  const autoOrient = settings.autoOrient && settings.encodeFormat !== 'original';
  const plain = readWithCodec(job.bytes, format, autoOrient);
  const result = plain && (await checkAndRender(job, plain, settings, limits));
  // Whatever the codec refuses goes to sharp, so that one program decides what is damaged.
  if (result !== null && typeof result !== 'string') return result;
  const image = await readWithSharp(job.bytes, format, autoOrient);
  return image === null ? 'image_undecodable' : checkAndRender(job, image, settings, limits);
}

async function checkAndRender(
  job: ImageJob,
  image: SourceImage,
  settings: ImageSettings,
  limits: ImageLimits,
): Promise<UnhashedImage | FailureCode> {
  const { bytes, boxes } = job;
  const { format } = image;
  const isOriginal = settings.encodeFormat === 'original';
  if (exceedsLimits(image, limits)) return 'image_too_many_pixels';
  if (image.pages > limits.maxPages) return 'image_too_many_pages';
  if (format === 'jpeg' && image.interlaced && hasMoreScans(bytes, limits.maxScans))
    return 'image_too_many_scans';
  if (lacksEnd(bytes, format)) return 'image_undecodable';
  const misfit = findMisfit(image, settings);
  if (misfit !== null) return misfit;

  const plan = isOriginal ? UNCHANGED : planResize(image.width, image.height, settings);
  const size = plannedSize(image, plan);
  if (!isEncodable(plan.scaled ?? size, size, settings.encodeFormat, limits)) return 'image_unencodable';

  const hasBoxes = boxes !== undefined && boxes !== null && boxes.length > 0;
  const wouldKeep = keepsBytes(image, plan, hasBoxes, settings);
  const keep = wouldKeep && canBeKept(bytes, image);
  if (isOriginal && !keep) return 'image_undecodable';
  const output = await render(job, image, keep ? null : plan, settings);
  if (output === null) return 'image_undecodable';
  return {
    bytes: output,
    extension: settings.encodeFormat === 'original' ? EXTENSIONS[format] : settings.encodeFormat,
    ...size,
    originalWidth: image.width,
    originalHeight: image.height,
    exif: settings.extractExif ? readExif(image.exifBlock) : null,
  };
}

/** The bytes of the result; without a plan the bytes of the job, if they are intact. Null if they are not. */
function render(
  job: ImageJob,
  image: SourceImage,
  plan: ResizePlan | null,
  settings: ImageSettings,
): Uint8Array | null | Promise<Uint8Array | null> {
  if (image.plain !== null) return renderWithCodec(job, image.plain, plan, settings);
  if (image.format === 'jpeg' && lacksPixels(job.bytes, settings)) return null;
  return plan === null
    ? isIntact(job.bytes, image.format).then((intact) => (intact ? job.bytes : null))
    : renderWithSharp(job, image, plan, settings);
}
