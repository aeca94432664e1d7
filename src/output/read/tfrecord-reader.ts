import { createHash } from 'node:crypto';
import { Pieces } from './pieces.ts';

const HEAD_BYTES = 12;
const TAIL_BYTES = 4;

/**
 * The records of a TFRecord file, one at a time; throws if a checksum is wrong or the file ends within a record. Calls
 * `onSha256` with the digest of the file when its end is reached.
 */
export async function* tfRecords(
  file: AsyncIterable<Buffer>,
  maxBytes: number,
  onSha256: (sha256: string) => void,
): AsyncGenerator<Buffer> {
  const digest = createHash('sha256');
  const pieces = new Pieces();
  let needed = HEAD_BYTES;
  let number = 0;
  for await (const piece of file) {
    digest.update(piece);
    pieces.add(piece);
    while (pieces.bytes >= needed) {
      const held = pieces.join();
      needed = recordEnd(held, number, maxBytes);
      if (held.length < needed) break;
      const bytes = held.subarray(HEAD_BYTES, needed - TAIL_BYTES);
      checkCrc(bytes, held.readUInt32LE(needed - TAIL_BYTES), number);
      yield bytes;
      pieces.drop(needed);
      needed = HEAD_BYTES;
      number += 1;
    }
  }
  if (pieces.bytes > 0) throw new Error(`it ends within record ${number}`);
  onSha256(digest.digest('hex'));
}

/** Where the record at the start of `held` ends. */
function recordEnd(held: Buffer, number: number, maxBytes: number): number {
  checkCrc(held.subarray(0, 8), held.readUInt32LE(8), number);
  const length = Number(held.readBigUInt64LE());
  if (length > maxBytes) throw new Error(`record ${number} has ${length} bytes`);
  return HEAD_BYTES + length + TAIL_BYTES;
}

function checkCrc(bytes: Uint8Array, expected: number, number: number): void {
  const rotated = (expected - 0xa282ead8) >>> 0;
  const crc = ((rotated << 15) | (rotated >>> 17)) >>> 0;
  if (crc !== crcOf(bytes)) throw new Error(`the checksum of record ${number} is wrong`);
}

/** CRC-32C a byte at a time: readers share no code with writers. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (REMAINDERS[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest % 2 === 0 ? rest >>> 1 : (rest >>> 1) ^ 0x82f63b78;
  return rest;
});
