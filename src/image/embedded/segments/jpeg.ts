import { irbResources } from './irb.ts';
import { addSegment, MAX_JUMBF_BYTES, MAX_XMP_BYTES, noSegments, type Segments } from './segments.ts';

const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const EXTENSION = 'http://ns.adobe.com/xmp/extension/\0';
const EXIF = 'Exif\0\0';
const PHOTOSHOP = 'Photoshop 3.0\0';
const GUID_BYTES = 32;
/** Length and offset of a part of an extension. */
const PART_BYTES = 8;
/** Two letters, the number of the box (2 bytes), that of the part (4) and the header of the box (8), which each part repeats. */
const JUMBF_HEAD_BYTES = 16;
const MAX_EXTENSIONS = 4;
const MAX_BOXES = 16;

const [APP1, APP11, APP13] = [0xe1, 0xeb, 0xed];
const [START_OF_SCAN, END_OF_IMAGE] = [0xda, 0xd9];

/** Walks the segments of a JPEG up to its pixels. */
export function jpegSegments(bytes: Buffer): Segments {
  const parts = new JpegParts();
  for (let at = 2; at + 4 <= bytes.length; ) {
    // Decoders skip what is no marker.
    at = bytes.indexOf(0xff, at);
    if (at === -1 || at + 4 > bytes.length) break;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) break;
    if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    if (length < 2) break;
    if (marker === APP1 || marker === APP11 || marker === APP13) {
      parts.take(marker, bytes.subarray(at + 4, at + 2 + length));
    }
    at += 2 + length;
  }
  return parts.finish();
}

/** Collects segments, some of which are parts of one. */
class JpegParts {
  readonly #segments = noSegments();
  readonly #photoshop: Buffer[] = [];
  readonly #extensions = new Map<string, Buffer>();
  readonly #boxes = new Map<number, { readonly part: number; readonly data: Buffer }[]>();

  take(marker: number, data: Buffer): void {
    if (marker === APP13) {
      if (startsWith(data, PHOTOSHOP)) this.#photoshop.push(data.subarray(PHOTOSHOP.length));
    } else if (marker === APP11) this.#takeBox(data);
    else if (startsWith(data, XMP)) addSegment(this.#segments, 'xmp', data.subarray(XMP.length));
    else if (startsWith(data, EXIF)) addSegment(this.#segments, 'exif', data);
    else if (startsWith(data, EXTENSION)) this.#takeExtension(data.subarray(EXTENSION.length));
  }

  finish(): Segments {
    const segments = this.#segments;
    for (const extension of this.#extensions.values()) addSegment(segments, 'xmp', extension);
    const resources = this.#photoshop.length > 0 ? irbResources(Buffer.concat(this.#photoshop)) : [];
    for (const iim of resources) addSegment(segments, 'iim', iim);
    for (const parts of this.#boxes.values()) addSegment(segments, 'jumbf', joinParts(parts));
    return segments;
  }

  /** The parts of an extension come in any order; each says where it belongs. */
  #takeExtension(data: Buffer): void {
    if (data.length < GUID_BYTES + PART_BYTES) return;
    const guid = data.toString('latin1', 0, GUID_BYTES);
    const length = Math.min(data.readUInt32BE(GUID_BYTES), MAX_XMP_BYTES);
    const offset = data.readUInt32BE(GUID_BYTES + 4);
    let whole = this.#extensions.get(guid);
    if (whole === undefined) {
      if (this.#extensions.size >= MAX_EXTENSIONS) return;
      whole = Buffer.alloc(length, ' ');
      this.#extensions.set(guid, whole);
    }
    if (offset < whole.length) data.copy(whole, offset, GUID_BYTES + PART_BYTES);
  }

  #takeBox(data: Buffer): void {
    if (data.length < JUMBF_HEAD_BYTES || !startsWith(data, 'JP')) return;
    const box = data.readUInt16BE(2);
    const parts = this.#boxes.get(box) ?? [];
    if (parts.length === 0 && this.#boxes.size >= MAX_BOXES) return;
    parts.push({ part: data.readUInt32BE(4), data });
    this.#boxes.set(box, parts);
  }
}

/** The box of which these are the parts. */
function joinParts(parts: { readonly part: number; readonly data: Buffer }[]): Buffer {
  const inOrder = [...parts].sort((a, b) => a.part - b.part);
  const [first] = inOrder;
  if (first === undefined) return Buffer.alloc(0);
  // A box of more than 4 GiB has a longer header.
  const header = first.data.readUInt32BE(8) === 1 ? JUMBF_HEAD_BYTES + 8 : JUMBF_HEAD_BYTES;
  let bytes = 0;
  const pieces = inOrder.map(({ data }, at) => data.subarray(at === 0 ? 8 : header));
  const fitting = pieces.filter((piece) => {
    bytes += piece.length;
    return bytes <= MAX_JUMBF_BYTES;
  });
  return Buffer.concat(fitting);
}

const startsWith = (data: Buffer, text: string): boolean =>
  data.length >= text.length && data.toString('latin1', 0, text.length) === text;
