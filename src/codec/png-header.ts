import { crc32, inflateSync } from 'node:zlib';
import { isSrgb } from './srgb-profile.ts';

/** A plain PNG whose pixels are not decoded yet. */
export interface PngHeader extends Shape {
  readonly format: 'png';
  /** Red, green and blue of each colour; null if the image has no palette. */
  readonly palette: Uint8Array | null;
  /** The compressed rows, in pieces. */
  readonly data: readonly Uint8Array[];
}

interface Shape {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** One for gray, three for colour, as in a JPEG with a sample of each component for every pixel. */
  readonly components: readonly { readonly across: 1; readonly down: 1 }[];
}

interface Chunk {
  readonly type: string;
  readonly payload: Buffer;
  /** Offset behind the chunk. */
  readonly end: number;
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const MAX_PALETTE_BYTES = 3 * 256;
/** The largest common sRGB profile has 3 KiB; longer ones go to the fallback. */
const MAX_PROFILE_BYTES = 16 * 1024;
/** Maximum chunks. More would be an attack on memory: a body has room for millions of empty chunks. */
const MAX_CHUNKS = 10_000;
/** Chunks that do not affect the pixels, or that libvips ignores. */
const IGNORED = new Set(['bKGD', 'cHRM', 'gAMA', 'iTXt', 'pHYs', 'sRGB', 'tEXt', 'tIME', 'zTXt']);
/** Start of the texts in which ImageMagick keeps EXIF and colour profiles. */
const PROFILE_TEXT = Buffer.from('Raw profile', 'latin1');
const COLOUR_TYPE = { gray: 0, rgb: 2, palette: 3 } as const;
const COMPONENT = { across: 1, down: 1 } as const;

/**
 * Reads the chunks of a plain PNG: 8 bits, gray, RGB or palette, not interlaced, without transparency and EXIF, no
 * profile but sRGB. Null for all other images and for those that are unusual or damaged in any way. Does not read the
 * compressed rows.
 */
export function readPngHeader(bytes: Uint8Array): PngHeader | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!startsWith(view, SIGNATURE)) return null;
  const first = readChunk(view, SIGNATURE.length);
  const shape = first?.type === 'IHDR' ? readShape(first.payload) : null;
  if (first === null || shape === null) return null;
  const needsPalette = first.payload[9] === COLOUR_TYPE.palette;
  let palette: Buffer | null = null;
  const data: Buffer[] = [];
  let previous = first;
  for (let chunks = 1; chunks < MAX_CHUNKS; chunks += 1) {
    const chunk = readChunk(view, previous.end);
    if (chunk === null) return null;
    const { type, payload } = chunk;
    switch (type) {
      case 'PLTE':
        if (!needsPalette || palette !== null || data.length > 0 || !isPalette(payload)) return null;
        palette = payload;
        break;
      case 'iCCP':
        if (shape.components.length === 1 || data.length > 0 || !isSrgbChunk(payload)) return null;
        break;
      case 'IDAT':
        if (data.length > 0 && previous.type !== type) return null;
        data.push(payload);
        break;
      case 'IEND':
        if (data.length === 0 || (needsPalette && palette === null)) return null;
        return { format: 'png', ...shape, palette, data };
      default:
        if (!IGNORED.has(type) || startsWith(payload, PROFILE_TEXT)) return null;
    }
    previous = chunk;
  }
  return null;
}

/** Null if the bytes end before the chunk does, or its checksum is wrong. */
function readChunk(bytes: Buffer, at: number): Chunk | null {
  if (at + 12 > bytes.length) return null;
  const dataEnd = at + 8 + bytes.readUInt32BE(at);
  if (dataEnd + 4 > bytes.length) return null;
  if (crc32(bytes.subarray(at + 4, dataEnd)) !== bytes.readUInt32BE(dataEnd)) return null;
  return {
    type: bytes.toString('latin1', at + 4, at + 8),
    payload: bytes.subarray(at + 8, dataEnd),
    end: dataEnd + 4,
  };
}

function readShape(payload: Buffer): Shape | null {
  if (payload.length !== 13) return null;
  const [depth, colourType, compression, filters, interlacing] = payload.subarray(8);
  if (depth !== 8 || compression !== 0 || filters !== 0 || interlacing !== 0) return null;
  const types: readonly (number | undefined)[] = Object.values(COLOUR_TYPE);
  if (!types.includes(colourType)) return null;
  const [width, height] = [payload.readUInt32BE(0), payload.readUInt32BE(4)];
  if (width === 0 || height === 0) return null;
  const isGray = colourType === COLOUR_TYPE.gray;
  return { width, height, components: isGray ? [COMPONENT] : [COMPONENT, COMPONENT, COMPONENT] };
}

const startsWith = (bytes: Buffer, start: Buffer): boolean => bytes.subarray(0, start.length).equals(start);

/** Whether the profile of an iCCP chunk is sRGB: a name, a zero, the method zero, and the profile compressed. */
function isSrgbChunk(payload: Buffer): boolean {
  const end = payload.indexOf(0);
  if (end < 1 || end > 79 || payload[end + 1] !== 0) return false;
  try {
    return isSrgb(inflateSync(payload.subarray(end + 2), { maxOutputLength: MAX_PROFILE_BYTES }));
  } catch {
    return false;
  }
}

function isPalette({ length }: Buffer): boolean {
  return length > 0 && length % 3 === 0 && length <= MAX_PALETTE_BYTES;
}
