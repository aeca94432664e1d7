import type { ImageFormat } from '../../core/image-signature.ts';
import type { ImageHeader } from './checks.ts';

type Header = Omit<ImageHeader, 'format'>;

/**
 * Size and layout of an image, as its first bytes state them; null if they do not. It uses no library, so that the
 * engine itself can call it: the cost of decoding must be known before a decoder sees the bytes.
 */
export function readHeader(bytes: Uint8Array, format: ImageFormat): ImageHeader | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const header = READERS[format](view);
    return header && { format, ...header };
  } catch (error) {
    // The bytes end before the header does.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const READERS: Readonly<Record<ImageFormat, (bytes: Buffer) => Header | null>> = {
  jpeg: readJpeg,
  png: (bytes) => ({
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    deep: bytes.readUInt8(24) === 16,
    interlaced: bytes.readUInt8(28) !== 0,
  }),
  webp: readWebp,
  gif: readGif,
  avif: readAvif,
};

/** Markers of JPEG's frame headers: SOF0 to SOF15 without DHT, JPG and DAC, which lie in the same range. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const PROGRESSIVE_FRAMES = [0xc2, 0xc6, 0xca, 0xce];
const START_OF_SCAN = 0xda;

/** Reads the last frame header before the first scan. The scan shows whether more scans follow. */
function readJpeg(bytes: Buffer): Header | null {
  let frame: Header | null = null;
  let components = 0;
  for (const { marker, at } of segments(bytes)) {
    if (marker === START_OF_SCAN) {
      const isPart = bytes.readUInt8(at + 2) < components;
      return frame && { ...frame, interlaced: frame.interlaced || isPart };
    }
    if (!isFrame(marker)) continue;
    components = bytes.readUInt8(at + 7);
    frame = {
      width: bytes.readUInt16BE(at + 5),
      height: bytes.readUInt16BE(at + 3),
      deep: bytes.readUInt8(at + 2) > 8,
      interlaced: PROGRESSIVE_FRAMES.includes(marker),
    };
  }
  return frame;
}

/** Offset of the first scan of a JPEG, where its pixels begin; the length of the bytes if there is none. */
export function findScan(bytes: Buffer): number {
  for (const { marker, at } of segments(bytes)) if (marker === START_OF_SCAN) return at;
  return bytes.length;
}

/** The segments of a JPEG up to its first scan. `at` is the offset behind the marker, where the length is. */
function* segments(bytes: Buffer): Generator<{ readonly marker: number; readonly at: number }, void> {
  for (let at = bytes.indexOf(0xff, 2); at !== -1 && at + 3 < bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = bytes.readUInt8(at + 1);
    at += marker === 0xff ? 1 : 2;
    // Fill bytes, stuffed zeros and markers without a length.
    if (marker === 0xff || marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    yield { marker, at };
    if (marker === START_OF_SCAN) return;
    at += bytes.readUInt16BE(at);
  }
}

function readWebp(bytes: Buffer): Header | null {
  const flat = { deep: false, interlaced: false };
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1, ...flat };
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff, ...flat };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, ...flat };
    }
    default:
      return null;
  }
}

/** A first frame that is larger than the screen counts: the decoder enlarges the screen to it. */
function readGif(bytes: Buffer): Header | null {
  const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableBytes(bytes.readUInt8(10));
  while (bytes.readUInt8(at) === 0x21) {
    at += 2;
    for (let length = bytes.readUInt8(at); length > 0; length = bytes.readUInt8(at)) at += 1 + length;
    at += 1;
  }
  if (bytes.readUInt8(at) !== 0x2c) return null;
  return {
    width: Math.max(bytes.readUInt16LE(6), bytes.readUInt16LE(at + 1) + bytes.readUInt16LE(at + 5)),
    height: Math.max(bytes.readUInt16LE(8), bytes.readUInt16LE(at + 3) + bytes.readUInt16LE(at + 7)),
    deep: false,
    interlaced: false,
  };
}

/** Name, version and flags of the box that states a size; long enough that compressed data does not look like it. */
const SIZE_BOX = 'ispe\0\0\0\0';

/** The largest size that these boxes state: for the image, its tiles, its alpha channel, its thumbnails. */
function readAvif(bytes: Buffer): Header | null {
  let largest: Header | null = null;
  for (let at = bytes.indexOf(SIZE_BOX); at !== -1; at = bytes.indexOf(SIZE_BOX, at + 1)) {
    const width = bytes.readUInt32BE(at + 8);
    const height = bytes.readUInt32BE(at + 12);
    if (largest === null || width * height > largest.width * largest.height) {
      largest = { width, height, deep: false, interlaced: false };
    }
  }
  return largest;
}
