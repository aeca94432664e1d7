import { isSrgb } from './srgb-profile.ts';

/** One channel as a frame header states it. */
export interface JpegComponent {
  readonly id: number;
  /** Sampling factors, 1 to 4. */
  readonly across: number;
  readonly down: number;
  /** Slot of its quantisation table, 0 to 3. */
  readonly quantisation: number;
}

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  readonly components: readonly JpegComponent[];
}

/** A marker segment: where its payload begins and ends. */
export interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

const START_OF_IMAGE = 0xffd8;
const ICC = 'ICC_PROFILE\0';

export const MARKER = { frame: 0xc0, progressive: 0xc2, huffman: 0xc4, scan: 0xda, end: 0xd9 } as const;

/** Metadata before the first scan, as far as the decision to accept the image needs it. */
export interface JpegHeader extends JpegFrame {
  readonly format: 'jpeg';
  /** TIFF structure behind `Exif\0\0`. */
  readonly exif: Uint8Array | undefined;
  readonly segments: readonly Segment[];
  /** Offset of the marker of the first scan. */
  readonly scansAt: number;
}

/**
 * Reads the header of a plain JPEG: 8 bits, Huffman code, gray or YCbCr, no colour profile but sRGB. Null for all other
 * images and for those that are unusual or damaged in any way.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | null {
  if (word(bytes, 0) !== START_OF_IMAGE) return null;
  const segments: Segment[] = [];
  let frame: JpegFrame | null = null;
  let exif: Uint8Array | undefined;
  let profile: Uint8Array | undefined;
  let at = 2;
  for (;;) {
    const segment = readSegment(bytes, at);
    if (segment === null) return null;
    const { marker, start, end } = segment;
    if (marker === MARKER.scan) break;
    switch (marker) {
      case 0xc0:
      case 0xc1:
      case 0xc2:
        if (frame !== null) return null;
        frame = readFrame(bytes, segment);
        if (frame === null) return null;
        break;
      case 0xe1:
        if (isExif(bytes, start, end)) {
          if (exif !== undefined) return null;
          exif = bytes.subarray(start, end);
        }
        break;
      case 0xe2:
        if (!startsWith(bytes, start, ICC)) break;
        // The only part of the only profile: the number of a part and of all parts follow the name.
        if (profile !== undefined || word(bytes, start + ICC.length) !== 0x0101) return null;
        profile = bytes.subarray(start + ICC.length + 2, end);
        break;
      case 0xee:
        // A transform other than YCbCr, for three channels.
        if (startsWith(bytes, start, 'Adobe') && (end - start < 12 || bytes[start + 11] !== 1)) return null;
        break;
      case 0xdb:
      case 0xc4:
      case 0xdd:
        segments.push(segment);
        break;
      default:
        // Other application data and comments do not affect the pixels; everything else is rare.
        if (marker !== 0xfe && (marker & 0xf0) !== 0xe0) return null;
    }
    at = end;
  }
  if (frame === null || (profile !== undefined && (frame.components.length === 1 || !isSrgb(profile))))
    return null;
  return { format: 'jpeg', ...frame, exif, segments, scansAt: at };
}

/**
 * Reads the header of any Huffman-coded JPEG with 8 bits, whatever its colours, only to check its scans. Null for all
 * other images. Skips bytes between the segments, as libjpeg does.
 */
export function readUnusualJpegHeader(bytes: Uint8Array): JpegHeader | null {
  const segments: Segment[] = [];
  let frame: JpegFrame | null = null;
  for (let at = findMarker(bytes, 2); ; at = findMarker(bytes, at)) {
    const segment = readSegment(bytes, at);
    if (segment === null) return null;
    const { marker } = segment;
    if (marker === MARKER.scan)
      return frame && { format: 'jpeg', ...frame, exif: undefined, segments, scansAt: at };
    if ((marker & 0xf0) === 0xc0 && marker !== MARKER.huffman) {
      if (frame !== null || marker > MARKER.progressive) return null;
      frame = parseFrame(bytes, segment);
      if (frame === null || !isPossible(frame)) return null;
    } else {
      segments.push(segment);
    }
    at = segment.end;
  }
}

/** Offset of the next marker from `at` on, behind bytes that fill up or do not belong there; the length if none. */
export function findMarker(bytes: Uint8Array, at: number): number {
  for (let found = bytes.indexOf(0xff, at); found !== -1; found = bytes.indexOf(0xff, found + 1)) {
    const marker = bytes[found + 1];
    if (marker !== 0xff && marker !== 0) return found;
  }
  return bytes.length;
}

/** The segment whose marker is at `at`; null if there is none. */
export function readSegment(bytes: Uint8Array, at: number): Segment | null {
  if (bytes[at] !== 0xff) return null;
  const marker = bytes[at + 1] ?? 0;
  const length = word(bytes, at + 2);
  if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd9) || length < 2) return null;
  const end = at + 2 + length;
  return end <= bytes.length ? { marker, start: at + 4, end } : null;
}

function readFrame(bytes: Uint8Array, segment: Segment): JpegFrame | null {
  const frame = parseFrame(bytes, segment);
  return frame !== null && isPlain(frame) ? frame : null;
}

function parseFrame(bytes: Uint8Array, { marker, start, end }: Segment): JpegFrame | null {
  const count = bytes[start + 5] ?? 0;
  const [height, width] = [word(bytes, start + 1), word(bytes, start + 3)];
  if (bytes[start] !== 8 || width === 0 || height === 0 || end - start !== 6 + 3 * count) return null;
  const components = Array.from({ length: count }, (_, index) => {
    const [id = 0, sampling = 0, quantisation = 0] = bytes.subarray(start + 6 + 3 * index);
    return { id, across: sampling >> 4, down: sampling & 15, quantisation };
  });
  return { width, height, progressive: marker === MARKER.progressive, components };
}

/** Up to four components with sampling factors that JPEG allows, as libjpeg requires. */
function isPossible({ components }: JpegFrame): boolean {
  const isFactor = (factor: number): boolean => factor >= 1 && factor <= 4;
  const ids = new Set(components.map(({ id }) => id));
  return (
    components.length >= 1 &&
    components.length <= 4 &&
    ids.size === components.length &&
    components.every(({ across, down }) => isFactor(across) && isFactor(down))
  );
}

/** Gray, or chroma sampled as finely as luma or half as finely. */
function isPlain({ components }: JpegFrame): boolean {
  const [luma, ...chroma] = components;
  if (chroma.length !== 0 && chroma.length !== 2) return false;
  if (luma === undefined || components.some(({ quantisation }) => quantisation > 3)) return false;
  if (chroma.length === 0) return luma.across === 1 && luma.down === 1;
  // In files without JFIF marker, other ids mean RGB.
  if (components.some(({ id }, index) => id !== index + 1)) return false;
  if (luma.across > 2 || luma.across < 1 || luma.down > 2 || luma.down < 1) return false;
  return chroma.every(({ across, down }) => across === 1 && down === 1);
}

function isExif(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 6 && startsWith(bytes, start, 'Exif\0\0');
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
