import { addSegment, noSegments, type Segments } from './segments.ts';

const START = 'XMP DataXMP';
const END = 'xmpmeta>';
/** XMP comes before the pixels or after them; a long file is not searched in between. */
const SEARCHED_BYTES = 2 ** 20;

/** Finds XMP in a GIF, where it stands as plain text in an extension of Adobe's. */
export function gifSegments(bytes: Buffer): Segments {
  const segments = noSegments();
  const last = bytes.length - SEARCHED_BYTES;
  const from =
    find(bytes.subarray(0, SEARCHED_BYTES), 0) ?? (last > 0 ? find(bytes.subarray(last), last) : null);
  if (from === null) return segments;
  const end = bytes.indexOf(END, from);
  addSegment(segments, 'xmp', bytes.subarray(from, end === -1 ? from + SEARCHED_BYTES : end + END.length));
  return segments;
}

function find(part: Buffer, offset: number): number | null {
  const at = part.indexOf(START);
  return at === -1 ? null : offset + at + START.length;
}
