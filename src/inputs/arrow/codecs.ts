import { CompressionType, compressionRegistry } from 'apache-arrow';
import { decompress } from 'fzstd';
import { decodeLz4Frame } from './lz4.ts';

/** Registers the two codecs of the format with the Arrow library, which alone reads uncompressed bodies only. */
export function registerArrowCodecs(): void {
  compressionRegistry.set(CompressionType.ZSTD, {
    decode: (bytes) => decompress(bytes, new Uint8Array(uncompressedLength(bytes))),
  });
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    decode: (bytes) => decodeLz4Frame(bytes, uncompressedLength(bytes)),
  });
}

/**
 * The uncompressed length of a buffer. It is stored in the 8 bytes before the bytes that the library passes to a codec. It
 * has already been checked, and it limits the size that the buffer can decompress to.
 */
function uncompressedLength({ buffer, byteOffset }: Uint8Array): number {
  return Number(new DataView(buffer, byteOffset - 8, 8).getBigInt64(0, true));
}
