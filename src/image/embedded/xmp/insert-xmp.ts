import { crc32 } from 'node:zlib';
import type { EncodeFormat } from '../../../core/choices.ts';

/** The encoded image with this XMP packet. The encoders write none, so there is no other in it. */
export function insertXmp(
  image: Uint8Array,
  format: Exclude<EncodeFormat, 'original'>,
  packet: Buffer,
): Buffer {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  return INSERTERS[format](bytes, packet);
}

const INSERTERS = { jpg: intoJpeg, png: intoPng, webp: intoWebp } as const;

const APP0 = 0xe0;
const APP1_NAME = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');

/** A segment APP1, behind the one that JFIF wants to be the first. */
function intoJpeg(image: Buffer, packet: Buffer): Buffer {
  const at = image[3] === APP0 ? 4 + image.readUInt16BE(4) : 2;
  const head = Buffer.of(0xff, 0xe1, 0, 0);
  head.writeUInt16BE(2 + APP1_NAME.length + packet.length, 2);
  return insertAt(image, at, head, APP1_NAME, packet);
}

const ITXT_NAME = Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1');
/** The signature and the chunk IHDR. */
const PNG_HEADER_BYTES = 33;

/** A chunk iTXt, not compressed, as Adobe's specification asks. */
function intoPng(image: Buffer, packet: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from('iTXt', 'latin1'), ITXT_NAME, packet]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length - 4);
  checksum.writeUInt32BE(crc32(data));
  return insertAt(image, PNG_HEADER_BYTES, length, data, checksum);
}

const RIFF_HEADER_BYTES = 12;
const XMP_FLAG = 0x04;
const ALPHA_FLAG = 0x10;

/** A chunk `XMP ` at the end, and the chunk VP8X that announces it, made of the size in the first chunk where it is missing. */
function intoWebp(image: Buffer, packet: Buffer): Buffer {
  const kind = image.toString('latin1', 12, 16);
  const head = Buffer.from('XMP \0\0\0\0', 'latin1');
  head.writeUInt32LE(packet.length, 4);
  const chunk = [head, packet, Buffer.alloc(packet.length % 2)];
  const parts =
    kind === 'VP8X'
      ? [image, ...chunk]
      : [
          image.subarray(0, RIFF_HEADER_BYTES),
          extendedHeader(image, kind),
          image.subarray(RIFF_HEADER_BYTES),
          ...chunk,
        ];
  const whole = Buffer.concat(parts);
  whole.writeUInt8(whole.readUInt8(20) | XMP_FLAG, 20);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

/** VP8X for an image of one chunk, `VP8 ` or `VP8L`. */
function extendedHeader(image: Buffer, kind: string): Buffer {
  const header = Buffer.from(`VP8X\x0a${'\0'.repeat(13)}`, 'latin1');
  const isLossless = kind === 'VP8L';
  // 14 bits each; VP8L has them less one, and a bit for alpha.
  const bits = isLossless ? image.readUInt32LE(21) : 0;
  const width = isLossless ? bits & 0x3fff : (image.readUInt16LE(26) & 0x3fff) - 1;
  const height = isLossless ? (bits >>> 14) & 0x3fff : (image.readUInt16LE(28) & 0x3fff) - 1;
  if (isLossless && ((bits >>> 28) & 1) === 1) header.writeUInt8(ALPHA_FLAG, 8);
  header.writeUIntLE(width, 12, 3);
  header.writeUIntLE(height, 15, 3);
  return header;
}

const insertAt = (image: Buffer, at: number, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([image.subarray(0, at), ...parts, image.subarray(at)]);
