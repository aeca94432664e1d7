import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { ColumnBytes, PageBytes } from './parquet-bytes.ts';

const ZSTD_BLOCK_BYTES = 128 * 1024;

/** A zstd frame of `head` followed by repeated `byte`: 4 bytes for each 128 KiB. */
export function zstdRun(head: Uint8Array, byte: number, length: number): Buffer {
  const parts: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58])];
  const push = (type: number, size: number, last: boolean, content: Uint8Array): void => {
    const header = Buffer.alloc(3);
    header.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
    parts.push(header, Buffer.from(content));
  };
  push(0, head.length, length === 0, head);
  for (let left = length; left > 0; left -= ZSTD_BLOCK_BYTES) {
    const size = Math.min(left, ZSTD_BLOCK_BYTES);
    push(1, size, left <= ZSTD_BLOCK_BYTES, Buffer.from([byte]));
  }
  return Buffer.concat(parts);
}

/** A snappy block of `head` followed by repeated `byte`: 3 bytes for each 64. */
function snappyRun(head: Uint8Array, byte: number, length: number): Buffer {
  const size = head.length + length;
  const varint: number[] = [];
  for (let rest = size; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      varint.push(rest);
      break;
    }
    varint.push((rest % 128) | 128);
  }
  const literal = Buffer.concat([head, Buffer.from([byte])]);
  const start = Buffer.concat([Buffer.from([...varint, (literal.length - 1) << 2]), literal]);
  const copies = Buffer.alloc(Math.ceil((length - 1) / 64) * 3);
  let at = 0;
  for (let left = length - 1; left > 0; left -= 64) {
    copies[at] = ((Math.min(left, 64) - 1) << 2) | 2;
    copies.writeUInt16LE(1, at + 1);
    at += 3;
  }
  return Buffer.concat([start, copies]);
}

/** `head` followed by zeros, compressed by zlib, without ever holding all of them twice. */
function zeros(head: Uint8Array, length: number): Buffer {
  const bytes = Buffer.alloc(head.length + length);
  bytes.set(head);
  return bytes;
}

export const PACKERS = {
  zstd: (head: Uint8Array, length: number): Buffer => zstdRun(head, 0x61, length),
  snappy: (head: Uint8Array, length: number): Buffer => snappyRun(head, 0x61, length),
  gzip: (head: Uint8Array, length: number): Buffer => gzipSync(zeros(head, length), { level: 1 }),
  brotli: (head: Uint8Array, length: number): Buffer =>
    brotliCompressSync(zeros(head, length), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 },
    }),
} as const;

/** A page of one string: `length` equal bytes. */
export function longStringPage(codec: keyof typeof PACKERS, length: number): PageBytes {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return { body: PACKERS[codec](head, length), values: 1, uncompressed: 4 + length };
}

export function longStringColumn(codec: keyof typeof PACKERS, length: number): ColumnBytes {
  return { name: 'url', codec, pages: [longStringPage(codec, length)] };
}
