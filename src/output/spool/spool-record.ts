import type { FileHandle } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { EncodedImage, Failure, SampleResult, SampleRow, Success } from '../../core/samples.ts';
import { readExactly } from '../../util/files/read-exactly.ts';

/** A row of the index with the outcome it ended as. */
export interface SettledSample {
  readonly row: SampleRow;
  readonly result: SampleResult;
}

/** A settled sample without its picture, which follows in the record as it is. */
interface StoredSample {
  readonly row: SampleRow;
  readonly result: Failure | (Omit<Success, 'image'> & { readonly image: Omit<EncodedImage, 'bytes'> });
}

/** Where a record lies in the spool's file. */
export interface RecordPlace {
  /** Row of the shard. */
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

const HEAD_BYTES = 20;

/**
 * A record of a spool: a head, the facts in V8's serialization, the picture. The head is five 32-bit numbers, little-endian:
 * CRC-32 of the other four, index of the row, lengths of facts and picture, CRC-32 of facts and picture. What a crash
 * cut short or left full of zeros fails the one check or the other.
 */
export function encodeRecord(index: number, { row, result }: SettledSample): readonly Uint8Array[] {
  const picture = result.ok ? result.image.bytes : new Uint8Array();
  const facts = serialize({
    row,
    result: result.ok ? withoutPicture(result) : result,
  } satisfies StoredSample);
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(index, 4);
  head.writeUInt32LE(facts.length, 8);
  head.writeUInt32LE(picture.length, 12);
  head.writeUInt32LE(crc32(picture, crc32(facts)), 16);
  head.writeUInt32LE(crc32(head.subarray(4)), 0);
  return [head, facts, picture];
}

/** The sample of a record; null where it is damaged, or where a newer Node wrote it than can be read here. */
export function decodeRecord(record: Buffer): SettledSample | null {
  if (!isWhole(record)) return null;
  const pictureStart = HEAD_BYTES + record.readUInt32LE(8);
  const facts = readFacts(record.subarray(HEAD_BYTES, pictureStart));
  if (facts === null) return null;
  const { row, result } = facts;
  if (!result.ok) return { row, result };
  return { row, result: { ...result, image: { ...result.image, bytes: record.subarray(pictureStart) } } };
}

/**
 * Finds the sound records of a file from `start` on, one record in memory at a time. Where a head is damaged nothing
 * tells where the next one is, so that the search ends; returns the length of the file up to there.
 */
export async function* findRecords(file: FileHandle, start: number): AsyncGenerator<RecordPlace, number> {
  const { size } = await file.stat();
  let offset = start;
  for (;;) {
    const head = await readExactly(file, offset, HEAD_BYTES);
    if (head === null || crc32(head.subarray(4)) !== head.readUInt32LE(0)) return offset;
    const length = HEAD_BYTES + head.readUInt32LE(8) + head.readUInt32LE(12);
    if (offset + length > size) return offset;
    const record = await readExactly(file, offset, length);
    if (record !== null && isWhole(record)) yield { index: head.readUInt32LE(4), offset, length };
    offset += length;
  }
}

function isWhole(record: Buffer): boolean {
  return (
    crc32(record.subarray(4, HEAD_BYTES)) === record.readUInt32LE(0) &&
    crc32(record.subarray(HEAD_BYTES)) === record.readUInt32LE(16)
  );
}

function readFacts(bytes: Buffer): StoredSample | null {
  try {
    return deserialize(bytes) as StoredSample;
  } catch {
    return null;
  }
}

function withoutPicture({ image: { bytes: _, ...image }, ...result }: Success) {
  return { ...result, image };
}
