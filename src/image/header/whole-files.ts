const GIF = { trailer: 0x3b, extension: 0x21, image: 0x2c, headerBytes: 13, descriptorBytes: 10 } as const;
const BOX_HEADER_BYTES = 8;

/**
 * Whether a GIF is complete: each block that begins also ends. libvips decodes the first image and overlooks that a later
 * one is cut off; OpenCV then opens nothing.
 */
export function hasWholeBlocks(bytes: Uint8Array): boolean {
  const byte = (at: number): number => bytes[at] ?? 0;
  const tableBytes = (flags: number): number => (flags > 127 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = GIF.headerBytes + tableBytes(byte(10));
  while (at < bytes.length) {
    const kind = byte(at);
    if (kind === GIF.trailer) return true;
    if (kind === GIF.extension) at += 2;
    else if (kind === GIF.image) at += GIF.descriptorBytes + tableBytes(byte(at + 9)) + 1;
    else {
      // Readers pass over bytes between blocks.
      at += 1;
      continue;
    }
    while (byte(at) > 0) at += 1 + byte(at);
    at += 1;
  }
  return at === bytes.length;
}

/** Whether no box at the top of an AVIF ends behind its last byte; others then refuse even the first image. */
export function hasWholeBoxes({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  let at = 0;
  while (at + BOX_HEADER_BYTES <= bytes.length) {
    const short = bytes.readUInt32BE(at);
    // Such a box goes on to the end of the file.
    if (short === 0) return true;
    const isLong = short === 1 && at + 16 <= bytes.length;
    const size = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    if (size < BOX_HEADER_BYTES) return false;
    at += size;
  }
  return at <= bytes.length;
}
