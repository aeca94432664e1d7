import { detectFormat, type ImageFormat } from '../../../core/image-signature.ts';
import { avifSegments } from './avif.ts';
import { gifSegments } from './gif.ts';
import { jpegSegments } from './jpeg.ts';
import { pngSegments } from './png.ts';
import type { Segments } from './segments.ts';
import { webpSegments } from './webp.ts';

const READERS: Readonly<Record<ImageFormat, (bytes: Buffer) => Segments>> = {
  jpeg: jpegSegments,
  png: pngSegments,
  webp: webpSegments,
  gif: gifSegments,
  avif: avifSegments,
};

/**
 * Finds metadata by the structure of an image, without reading its pixels; null if there is none. Damaged images give
 * what stands before the damage.
 */
export function readSegments(bytes: Uint8Array): Segments | null {
  const { format } = detectFormat(bytes);
  if (format === null) return null;
  const segments = READERS[format](Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return Object.values(segments).some((found) => found.length > 0) ? segments : null;
}

/** Whether a decoder has to look for metadata: of a JPEG only its segments show it, other formats may hide them. */
export function mayHaveMetadata(bytes: Uint8Array): boolean {
  const { format } = detectFormat(bytes);
  return format === 'jpeg' ? readSegments(bytes) !== null : format !== null;
}
