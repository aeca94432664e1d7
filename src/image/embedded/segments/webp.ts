import { addSegment, noSegments, type Segments } from './segments.ts';

const MAX_CHUNKS = 100_000;
const KINDS: Readonly<Record<string, keyof Segments>> = { 'XMP ': 'xmp', EXIF: 'exif', C2PA: 'jumbf' };

/** Walks the chunks of a WebP. */
export function webpSegments(bytes: Buffer): Segments {
  const segments = noSegments();
  let at = 12;
  for (let count = 0; count < MAX_CHUNKS && at + 8 <= bytes.length; count += 1) {
    const length = bytes.readUInt32LE(at + 4);
    const kind = KINDS[bytes.toString('latin1', at, at + 4)];
    if (kind !== undefined) addSegment(segments, kind, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length + (length % 2);
  }
  return segments;
}
