import { MAX_PNG_PIXELS } from '../../codec/decode-png.ts';
import { plannedSize, type Size } from '../../codec/resample/plan.ts';
import { encodingBytesPerPixel } from '../job/encoders.ts';
import type { ImageJob } from '../job/job.ts';
import { planResize } from '../job/resize-modes.ts';
import type { ImageSettings } from '../job/settings.ts';
import type { ImageHeader } from './checks.ts';

/** For each pixel of the result. */
const BLURRING_BYTES = 10;
/** A decoder holds a body as a message and as an array; the codec's kernel holds two more copies. */
const COPIES_OF_BODY = 4;
/** For each byte of a GIF: its decoder keeps a record of each frame, and a frame may have as few as 15 bytes. */
const FRAME_RECORD_BYTES = 9;
/** For each pixel of a PNG that the codec may decode, beyond what sharp needs: its rows twice, and three planes. */
const CODEC_PNG_BYTES = 6;

/** For each pixel that the fallback decodes: its channels, of one or two bytes, until they are scaled. */
const RAW_BYTES = { flat: 3, deep: 6 } as const;

/** Maximum memory in bytes that a decoder needs for an image with this header, beyond what it needs when idle. */
export function estimateBytes(header: ImageHeader, job: ImageJob, settings: ImageSettings): number {
  const { encodeFormat } = settings;
  const plan = planResize(header.width, header.height, settings);
  const resultPixels = Math.max(area(plan.scaled ?? header), area(plannedSize(header, plan)));
  const isCodecPng = header.format === 'png' && !header.deep && !header.interlaced;
  const bytesPerResultPixel =
    encodingBytesPerPixel(encodeFormat) + ((job.boxes?.length ?? 0) > 0 ? BLURRING_BYTES : 0);
  return (
    job.bytes.length * (COPIES_OF_BODY + (header.format === 'gif' ? FRAME_RECORD_BYTES : 0)) +
    area(header) * (decodingBytes(header) + (encodeFormat === 'original' ? 0 : rawBytes(header))) +
    (isCodecPng ? Math.min(area(header), MAX_PNG_PIXELS) * CODEC_PNG_BYTES : 0) +
    (encodeFormat === 'original' ? 0 : resultPixels * bytesPerResultPixel)
  );
}

const rawBytes = ({ deep }: ImageHeader): number => (deep ? RAW_BYTES.deep : RAW_BYTES.flat);

/** Bytes that decoding takes for each pixel: the largest measurement of `bench/worst-images.ts`, rounded up. */
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
