import { readJpegHeader } from '../../codec/jpeg-header.ts';
import { digest } from '../job/digest.ts';
import type { ImageJob, ImageResult } from '../job/job.ts';
import type { ImageSettings } from '../job/settings.ts';
import { detectFormat } from './signature.ts';

/** What comes of a body that is kept as it is, whatever it may be. */
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

/** Whether the bytes may have EXIF, by no more than the headers of a JPEG's segments. */
export function mayHaveExif(bytes: Uint8Array): boolean {
  const { format } = detectFormat(bytes);
  if (format !== 'jpeg') return format !== null;
  const header = readJpegHeader(bytes);
  return header === null || header.exif !== undefined;
}
