import { CompressionType, compressionRegistry } from 'apache-arrow';
import { decompress } from 'fzstd';
import { decodeLz4Frame } from './lz4.ts';

/** Teaches the Arrow library the two codecs of the format; without them it reads uncompressed bodies only. */
export function registerArrowCodecs(): void {
  // Sliced, because 64-bit values must begin at a multiple of 8 in their memory.
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decompress(bytes).slice() });
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decodeLz4Frame });
}
