import { addSegment, MAX_JUMBF_BYTES, noSegments, type Segments } from './segments.ts';

const XMP = 'XMP DataXMP';
const XMP_END = 'xmpmeta>';
const C2PA = 'C2PA_GIF\x01\0\0';
/** Metadata come before the pixels or after them; a long file is not searched in between. */
const SEARCHED_BYTES = 2 ** 20;

/** Finds XMP in a GIF, where it stands as plain text in an extension of Adobe's, and C2PA in one of its own. */
export function gifSegments(bytes: Buffer): Segments {
  const segments = noSegments();
  const xmp = find(bytes, XMP);
  if (xmp !== null) {
    const end = bytes.indexOf(XMP_END, xmp);
    addSegment(
      segments,
      'xmp',
      bytes.subarray(xmp, end === -1 ? xmp + SEARCHED_BYTES : end + XMP_END.length),
    );
  }
  const c2pa = find(bytes, C2PA);
  if (c2pa !== null) addSegment(segments, 'jumbf', joinBlocks(bytes, c2pa));
  return segments;
}

/** The position behind the mark; null if it is at neither end of the file. */
function find(bytes: Buffer, mark: string): number | null {
  const first = bytes.subarray(0, SEARCHED_BYTES).indexOf(mark);
  if (first !== -1) return first + mark.length;
  const from = bytes.length - SEARCHED_BYTES;
  const last = from > 0 ? bytes.subarray(from).indexOf(mark) : -1;
  return last === -1 ? null : from + last + mark.length;
}

/** The data of blocks of up to 255 bytes, each behind its length, up to an empty one. */
function joinBlocks(bytes: Buffer, from: number): Buffer {
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = from; total < MAX_JUMBF_BYTES; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) break;
    blocks.push(bytes.subarray(at + 1, at + 1 + length));
    total += length;
    at += 1 + length;
  }
  return Buffer.concat(blocks);
}
