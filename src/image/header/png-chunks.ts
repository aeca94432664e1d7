import { constants, crc32, inflateSync } from 'node:zlib';
import { PngFrames } from './png-frames.ts';

/** One chunk of a PNG whose checksum is right. */
export interface PngChunk {
  readonly type: string;
  readonly data: Buffer;
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly colourType: number;
}

const SIGNATURE_BYTES = 8;
/** Length, type and checksum of a chunk. */
const FRAME_BYTES = 12;
const PALETTE_COLOURS = 3;
/** Readers refuse shorter ones. */
const LEAST_BYTES: Readonly<Record<string, number>> = { IHDR: 13, cHRM: 32, gAMA: 4, sRGB: 1, pHYs: 9 };
/** Bytes of a background colour, and least bytes of a transparent one, by colour type. */
const BACKGROUND_BYTES = [2, undefined, 6, 1, 2, undefined, 6];
const TRANSPARENT_BYTES = [2, undefined, 6];
const CRITICAL = ['IHDR', 'PLTE', 'IDAT', 'IEND'];
/** Pillow reads no text or profile that inflates to more, and no more text than this in all. */
const MAX_INFLATED_BYTES = 2 ** 20;
const MAX_TEXT_BYTES = 64 * MAX_INFLATED_BYTES;

/**
 * Whether every reader opens a PNG as far as its chunks say: up to the last, all are complete, have the checksum of
 * their content, and stand where they may with a size that they may have. libvips ignores most of this; Pillow, OpenCV
 * and others refuse such files. The compressed pixels are not read.
 */
export function hasSoundChunks(bytes: Uint8Array): boolean {
  const check = new ChunkCheck();
  for (const chunk of chunksOf(bytes)) {
    if (chunk === null || !check.accepts(chunk)) return false;
    if (chunk.type === 'IEND') return check.isComplete;
  }
  return false;
}

/** The chunks in their order; null, and no more, for one that is damaged. */
function* chunksOf({ buffer, byteOffset, byteLength }: Uint8Array): Generator<PngChunk | null, void> {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length || crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) {
      yield null;
      return;
    }
    yield { type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, end) };
    at = end + 4;
  }
}

class ChunkCheck {
  readonly #seen = new Set<string>();
  #shape: Shape | undefined;
  #previous = '';
  #textBytes = 0;
  #frames: PngFrames | undefined;

  /** Whether nothing is missing before the last chunk. */
  get isComplete(): boolean {
    return this.#seen.has('IDAT') && (this.#frames?.areComplete ?? false);
  }

  /** Whether a chunk may follow those before it. */
  accepts(chunk: PngChunk): boolean {
    const accepted = this.#isPlaced(chunk) && this.#hasSize(chunk) && this.#isReadable(chunk);
    this.#seen.add(chunk.type);
    this.#previous = chunk.type;
    return accepted && (this.#frames?.accepts(chunk) ?? false);
  }

  #isPlaced({ type, data }: PngChunk): boolean {
    if (type === 'IHDR') {
      if (this.#seen.size > 0 || data.length < 13) return false;
      this.#shape = {
        width: data.readUInt32BE(0),
        height: data.readUInt32BE(4),
        colourType: data.readUInt8(9),
      };
      this.#frames = new PngFrames(this.#shape);
      return true;
    }
    switch (type) {
      case 'PLTE':
        return !this.#seen.has(type) && !this.#seen.has('IDAT');
      case 'IDAT':
        if (this.#shape?.colourType === PALETTE_COLOURS && !this.#seen.has('PLTE')) return false;
        return !this.#seen.has(type) || this.#previous === type;
      default:
        // A capital first letter means that readers have to know the chunk.
        return /^[a-z][A-Za-z]{3}$/.test(type) || CRITICAL.includes(type);
    }
  }

  #hasSize({ type, data: { length } }: PngChunk): boolean {
    const colourType = this.#shape?.colourType ?? 0;
    switch (type) {
      case 'PLTE':
        return length % 3 === 0 && length > 0;
      case 'bKGD':
        return length === BACKGROUND_BYTES[colourType];
      case 'tRNS':
        return length >= (TRANSPARENT_BYTES[colourType] ?? 0);
      default:
        return length >= (LEAST_BYTES[type] ?? 0);
    }
  }

  /** Whether texts and profiles use the only compression there is, and inflate to no more than readers accept. */
  #isReadable({ type, data }: PngChunk): boolean {
    const name = data.indexOf(0);
    switch (type) {
      case 'tEXt':
        return this.#takesText(data.length);
      case 'iCCP':
        return name !== -1 && data[name + 1] === 0 && inflatedBytes(data.subarray(name + 2)) !== null;
      case 'zTXt':
        if (name === -1 || name + 1 === data.length) return true;
        return data[name + 1] === 0 && this.#takesText(inflatedBytes(data.subarray(name + 2)));
      case 'iTXt': {
        // The flag and the method of compression, the language and the translated name stand before the text.
        const [language, translated] = [
          data.indexOf(0, name + 3),
          data.indexOf(0, data.indexOf(0, name + 3) + 1),
        ];
        if (name === -1 || language === -1 || translated === -1) return true;
        const text = data.subarray(translated + 1);
        const isCompressed = data[name + 1] !== 0 && data[name + 2] === 0;
        return this.#takesText(isCompressed ? inflatedBytes(text) : text.length);
      }
      default:
        return true;
    }
  }

  #takesText(bytes: number | null): boolean {
    this.#textBytes += bytes ?? Number.POSITIVE_INFINITY;
    return this.#textBytes <= MAX_TEXT_BYTES;
  }
}

/** Bytes that data inflates to; 0 if it is damaged, which readers accept; null if there are too many. */
function inflatedBytes(data: Buffer): number | null {
  try {
    const options = { maxOutputLength: MAX_INFLATED_BYTES, finishFlush: constants.Z_SYNC_FLUSH };
    return inflateSync(data, options).length;
  } catch (error) {
    return error instanceof RangeError ? null : 0;
  }
}
