import { constants, inflateSync } from 'node:zlib';
import { irbResources } from './irb.ts';
import { addSegment, MAX_XMP_BYTES, noSegments, type Segments } from './segments.ts';

const SIGNATURE_BYTES = 8;
/** Length, type and checksum of a chunk. */
const FRAME_BYTES = 12;
/** More chunks than files have that are not made to keep readers busy. */
const MAX_CHUNKS = 100_000;
const MAX_KEYWORD_BYTES = 80;
const XMP_KEYWORD = 'XML:com.adobe.xmp';
/** What ImageMagick writes: the profile in hexadecimal digits, after its name and its length. */
const RAW_PROFILE = /^Raw profile type (xmp|iptc|exif|APP1)$/;
const MAX_TEXTS = 64;

/** Walks the chunks of a PNG, those after its pixels, too. Checksums do not matter: a refusal counts in any case. */
export function pngSegments(bytes: Buffer): Segments {
  const segments = noSegments();
  let texts = 0;
  let at = SIGNATURE_BYTES;
  for (let count = 0; count < MAX_CHUNKS && at + FRAME_BYTES <= bytes.length; count += 1) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'caBX') addSegment(segments, 'jumbf', data);
    else if (type === 'eXIf') addSegment(segments, 'exif', data);
    else if (type === 'iTXt' || type === 'zTXt' || type === 'tEXt') {
      texts += 1;
      if (texts <= MAX_TEXTS) takeText(segments, type, data);
    }
    at += FRAME_BYTES + length;
  }
  return segments;
}

function takeText(segments: Segments, type: 'iTXt' | 'zTXt' | 'tEXt', data: Buffer): void {
  const end = data.subarray(0, MAX_KEYWORD_BYTES).indexOf(0);
  if (end === -1) return;
  const keyword = data.toString('latin1', 0, end);
  const profile = RAW_PROFILE.exec(keyword)?.[1];
  if (keyword !== XMP_KEYWORD && profile === undefined) return;
  const text = textAfter(type, data, end);
  if (text === null) return;
  if (profile === undefined) addSegment(segments, 'xmp', text);
  else takeProfile(segments, profile, text);
}

/** The text of a chunk whose keyword ends at `end`; null if it cannot be inflated. */
function textAfter(type: 'iTXt' | 'zTXt' | 'tEXt', data: Buffer, end: number): Buffer | null {
  if (type === 'tEXt') return data.subarray(end + 1);
  if (type === 'zTXt') return inflate(data.subarray(end + 2));
  // The flag and the method of compression, the language and the translated keyword stand before the text.
  const language = data.indexOf(0, end + 3);
  const translated = language === -1 ? -1 : data.indexOf(0, language + 1);
  if (translated === -1) return null;
  const text = data.subarray(translated + 1);
  return data[end + 1] === 1 ? inflate(text) : text;
}

function takeProfile(segments: Segments, profile: string, text: Buffer): void {
  const digits = text
    .toString('latin1', 0, 2 * MAX_XMP_BYTES)
    .replace(/^\s*\w+\s+\d+\s/, '')
    .replace(/\s+/g, '');
  const bytes = Buffer.from(digits, 'hex');
  const resources = profile === 'iptc' ? irbResources(bytes) : [];
  for (const resource of resources) addSegment(segments, 'iim', resource);
  if (profile === 'iptc' && resources.length === 0) addSegment(segments, 'iim', bytes);
  else if (profile === 'exif') addSegment(segments, 'exif', bytes);
  else if (profile === 'xmp') addSegment(segments, 'xmp', bytes);
  else if (profile === 'APP1')
    addSegment(segments, bytes.toString('latin1', 0, 4) === 'Exif' ? 'exif' : 'xmp', bytes);
}

/** What data inflates to, as far as it goes; null if that is too much. */
function inflate(data: Buffer): Buffer | null {
  try {
    return inflateSync(data, { maxOutputLength: MAX_XMP_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return null;
  }
}
