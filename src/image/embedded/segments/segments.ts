/** The parts of an image that may speak about rights, as they stand in the file or put together from it. */
export interface Segments {
  /** XMP packets. */
  readonly xmp: Buffer[];
  /** TIFF structures of EXIF, with or without `Exif\0\0` before them. */
  readonly exif: Buffer[];
  /** Data sets of IPTC-IIM. */
  readonly iim: Buffer[];
  /** JUMBF boxes of C2PA. */
  readonly jumbf: Buffer[];
}

/** Maximum bytes of an XMP packet, its extension included; more is cut. */
export const MAX_XMP_BYTES = 2 ** 20;
/** Maximum bytes of the JUMBF boxes of an image; more is cut. */
export const MAX_JUMBF_BYTES = 16 * 2 ** 20;
/** Maximum segments of one kind. */
const MAX_SEGMENTS = 16;

export const noSegments = (): Segments => ({ xmp: [], exif: [], iim: [], jumbf: [] });

/** Adds a segment unless there are too many of its kind. */
export function addSegment(segments: Segments, kind: keyof Segments, bytes: Buffer): void {
  if (segments[kind].length >= MAX_SEGMENTS || bytes.length === 0) return;
  segments[kind].push(bytes.subarray(0, kind === 'jumbf' ? MAX_JUMBF_BYTES : MAX_XMP_BYTES));
}
