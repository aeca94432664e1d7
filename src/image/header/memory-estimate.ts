import { MAX_FAST_PNG_PIXELS } from '../../codec/decode-png.ts';
import { plannedSize, type Size } from '../../codec/resize-plan.ts';
import type { EncodeFormat } from '../../core/choices.ts';
import { planResize } from '../job/geometry.ts';
import type { ImageJob } from '../job/job.ts';
import type { ImageSettings } from '../job/settings.ts';
import type { ImageHeader } from './checks.ts';

/** Memory that encoders take for each pixel of the result at most: what they work on, and what they make of noise. */
const ENCODING_BYTES: Readonly<Record<EncodeFormat, number>> = { jpg: 4, png: 20, webp: 42, original: 0 };
const BLURRING_BYTES = 10;
/** A decoder holds a body as a message and as an array, and the JPEG kernel twice more. */
const COPIES_OF_BODY = 4;
/** For each byte of a GIF: its decoder keeps a record of each frame, which may have as few as 15 bytes. */
const FRAME_RECORD_BYTES = 9;

/** For each pixel of a PNG that the fast way may take, beyond what sharp takes: its rows twice, and three planes. */
const FAST_PNG_BYTES = 6;

/** Memory that a decoder takes at most for a picture with this header, beyond what it takes anyway. */
export function estimateBytes(header: ImageHeader, job: ImageJob, settings: ImageSettings): number {
  const { encodeFormat } = settings;
  const plan = planResize(header.width, header.height, settings);
  const madePixels = Math.max(area(plan.scaled ?? header), area(plannedSize(header, plan)));
  const isFastPng = header.format === 'png' && !header.deep && !header.interlaced;
  const bytesPerMade = ENCODING_BYTES[encodeFormat] + ((job.boxes?.length ?? 0) > 0 ? BLURRING_BYTES : 0);
  return (
    job.bytes.length * (COPIES_OF_BODY + (header.format === 'gif' ? FRAME_RECORD_BYTES : 0)) +
    area(header) * decodingBytes(header) +
    (isFastPng ? Math.min(area(header), MAX_FAST_PNG_PIXELS) * FAST_PNG_BYTES : 0) +
    (encodeFormat === 'original' ? 0 : madePixels * bytesPerMade)
  );
}

/** Bytes for each pixel, the most that was measured (`npm run bench:worst-pictures`), rounded up. */
function decodingBytes({ format, deep, interlaced }: ImageHeader): number {
  switch (format) {
    case 'jpeg':
      return interlaced ? 9 : 3;
    case 'png':
      return interlaced ? (deep ? 10 : 5) : deep ? 7 : 3;
    case 'gif':
      return 6;
    case 'webp':
      return 10;
    case 'avif':
      return 26;
  }
}

function area({ width, height }: Size): number {
  return width * height;
}
