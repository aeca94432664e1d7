import type { Kernel } from './kernel-module.ts';
import type { Size } from './resample/plan.ts';

/** A plain lossy WebP whose pixels are not decoded yet. */
export interface WebpHeader extends Size {
  readonly format: 'webp';
  readonly components: typeof COMPONENTS;
  /** The key frame of VP8. */
  readonly frame: Uint8Array;
}

/** Luma, and two components of chroma with half as many samples each way. */
const COMPONENTS = [
  { across: 2, down: 2 },
  { across: 1, down: 1 },
  { across: 1, down: 1 },
] as const;
/** The file's header with the header of its only chunk. */
const HEADER_BYTES = 20;
/** Tag, start code and size of a key frame. */
const FRAME_HEADER_BYTES = 10;
const START_CODE = Buffer.of(0x9d, 0x01, 0x2a);
/** The kernel uses at most this much memory for the source. */
const MAX_BYTES = 96 * 2 ** 20;

/**
 * Reads the headers of a WebP that consists of one lossy image and nothing else: no transparency, animation, profile or
 * EXIF. Null for all others, and for those whose sizes contradict each other.
 */
export function readWebpHeader(bytes: Uint8Array): WebpHeader | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < HEADER_BYTES + FRAME_HEADER_BYTES) return null;
  if (view.toString('latin1', 0, 4) !== 'RIFF' || view.toString('latin1', 8, 16) !== 'WEBPVP8 ') return null;
  const frameBytes = view.readUInt32LE(16);
  // Chunks have an even number of bytes.
  const end = HEADER_BYTES + frameBytes + (frameBytes % 2);
  if (view.length !== end || view.readUInt32LE(4) !== end - 8) return null;
  const frame = view.subarray(HEADER_BYTES, HEADER_BYTES + frameBytes);
  if (!frame.subarray(3, 6).equals(START_CODE)) return null;
  const [width, height] = [frame.readUInt16LE(6), frame.readUInt16LE(8)];
  // The highest two bits ask players to enlarge the image.
  if (width === 0 || height === 0 || width > 0x3fff || height > 0x3fff) return null;
  return { format: 'webp', width, height, components: COMPONENTS, frame };
}

/**
 * Decodes an image to planes in the kernel's memory, with studio levels; false if anything about it is damaged.
 *
 * @param checksOnly makes no samples, only checks that the image is intact
 */
export function decodeWebp(kernel: Kernel, header: WebpHeader, checksOnly: boolean): boolean {
  const { width, height, frame } = header;
  if (frame.length + (checksOnly ? 0 : 1.5 * (width + 48) * (height + 16)) > MAX_BYTES) return false;
  kernel.reset();
  const at = kernel.allocate(frame.length);
  new Uint8Array(kernel.memory.buffer, at, frame.length).set(frame);
  return kernel.decodeVp8(at, frame.length, width, height, checksOnly ? 1 : 0) !== 0;
}
