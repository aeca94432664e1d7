import { crc32, deflateSync } from 'node:zlib';

export interface PngShape {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGBA. */
  readonly colourType: number;
}

/** Signature and IHDR: the first 33 bytes of a PNG. */
export function pngHeader({ width, height, bitDepth, colourType }: PngShape): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([bitDepth, colourType], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), pngChunk('IHDR', data)]);
}

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** A complete PNG with unfiltered rows, whose bytes are packed as PNG requires. */
export function pngFile(shape: PngShape, rows: readonly Uint8Array[]): Buffer {
  const filtered = rows.map((row) => Buffer.concat([Buffer.of(0), row]));
  return Buffer.concat([
    pngHeader(shape),
    pngChunk('IDAT', deflateSync(Buffer.concat(filtered), { level: 9 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}
