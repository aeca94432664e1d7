import { CompressionType, compressionRegistry } from 'apache-arrow';
import { decompress } from 'fzstd';
import { decodeLz4Frame } from './lz4.ts';

/** Teaches the Arrow library the two codecs of the format; without them it reads uncompressed bodies only. */
export function registerArrowCodecs(): void {
  compressionRegistry.set(CompressionType.ZSTD, {
    decode: (bytes) => decompress(bytes, new Uint8Array(claimedBytes(bytes))),
  });
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    decode: (bytes) => decodeLz4Frame(bytes, claimedBytes(bytes)),
  });
}

/**
 * The library hands a codec what follows the true length of a buffer. That length, which has been checked, stands just
 * before, and bounds what the buffer unfolds to.
 */
function claimedBytes({ buffer, byteOffset }: Uint8Array): number {
  return Number(new DataView(buffer, byteOffset - 8, 8).getBigInt64(0, true));
}
