import { readJpegHeader } from '../../codec/jpeg-header.ts';
import { detectFormat } from '../../core/image-signature.ts';
import { digest } from '../job/digest.ts';
import type { ImageJob, ImageResult } from '../job/job.ts';
import type { ImageSettings } from '../job/settings.ts';

/**
 * The result for a body that is kept as it is, whatever it contains. Only the expected hash is checked, and sizes stay
 * unknown.
 */
export function passThrough(
  { bytes, expectedHash }: ImageJob,
  { computeHash, encodeFormat }: ImageSettings,
  exif: string | null,
): ImageResult {
  const { mimeType } = detectFormat(bytes);
  const hash = digest(bytes, computeHash);
  if (expectedHash !== undefined && expectedHash !== hash)
    return { ok: false, code: 'hash_mismatch', mimeType };
  const extension = encodeFormat === 'original' ? 'jpg' : encodeFormat;
  const size = { width: null, height: null, originalWidth: null, originalHeight: null };
  return { ok: true, image: { bytes, extension, ...size, exif, hash }, mimeType };
}

/** Whether the bytes may contain EXIF. It reads no more than the segment headers of a JPEG. */
export function mayHaveExif(bytes: Uint8Array): boolean {
  const { format } = detectFormat(bytes);
  if (format !== 'jpeg') return format !== null;
  const header = readJpegHeader(bytes);
  return header === null || header.exif !== undefined;
}
