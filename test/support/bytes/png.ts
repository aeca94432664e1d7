import { crc32, deflateSync } from 'node:zlib';

export interface ImageOptions {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
}

/** An RGB PNG of a gradient; the seed selects the colours. */
export function encodePng({ width, height, seed }: ImageOptions): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);

  const rowBytes = 1 + width * 3;
  const rows = Buffer.alloc(height * rowBytes);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * rowBytes + 1 + x * 3;
      rows[pixel] = (x * 255) / width;
      rows[pixel + 1] = (y * 255) / height;
      rows[pixel + 2] = (seed * 37 + x + y) % 256;
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}
