import type { FileHandle } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { EncodedImage, Failure, SampleResult, SampleRow, Success } from '../../core/samples.ts';
import { readExactly } from '../../util/files/read-exactly.ts';

/** A row of the index with its outcome. */
export interface SettledSample {
  readonly row: SampleRow;
  readonly result: SampleResult;
}

/** A settled sample without the bytes of its image, which follow unchanged in the record. */
interface StoredSample {
  readonly row: SampleRow;
  readonly result: Failure | (Omit<Success, 'image'> & { readonly image: Omit<EncodedImage, 'bytes'> });
}

/** The range of a record in the spool's file. */
export interface RecordRange {
  /** Row of the shard. */
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

const HEAD_BYTES = 20;

/**
 * A record of a spool: a header, the facts in V8's serialization, the image. The header is five little-endian 32-bit
 * numbers: CRC-32 of the other four, index of the row, lengths of facts and image, CRC-32 of facts and image. A record
 * that a crash cut short or filled with zeros fails one of the checks.
 */
export function encodeRecord(index: number, { row, result }: SettledSample): readonly Uint8Array[] {
  const image = result.ok ? result.image.bytes : new Uint8Array();
  const facts = serialize({
    row,
    result: result.ok ? withoutImage(result) : result,
  } satisfies StoredSample);
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(index, 4);
  head.writeUInt32LE(facts.length, 8);
  head.writeUInt32LE(image.length, 12);
  head.writeUInt32LE(crc32(image, crc32(facts)), 16);
  head.writeUInt32LE(crc32(head.subarray(4)), 0);
  return [head, facts, image];
}

/** The sample of a record; null if it is damaged, or if a newer Node wrote it than this one can read. */
export function decodeRecord(record: Buffer): SettledSample | null {
  if (!isIntact(record)) return null;
  const imageStart = HEAD_BYTES + record.readUInt32LE(8);
  const facts = readFacts(record.subarray(HEAD_BYTES, imageStart));
  if (facts === null) return null;
  const { row, result } = facts;
  if (!result.ok) return { row, result };
  return { row, result: { ...result, image: { ...result.image, bytes: record.subarray(imageStart) } } };
}

/**
 * Finds the intact records of a file from `start` on, with one record in memory at a time. A damaged header hides where
 * the next record begins, so the search ends there. Returns the length of the file up to that point.
 */
export async function* findRecords(file: FileHandle, start: number): AsyncGenerator<RecordRange, number> {
  const { size } = await file.stat();
  let offset = start;
  for (;;) {
    const head = await readExactly(file, offset, HEAD_BYTES);
    if (head === null || crc32(head.subarray(4)) !== head.readUInt32LE(0)) return offset;
    const length = HEAD_BYTES + head.readUInt32LE(8) + head.readUInt32LE(12);
    if (offset + length > size) return offset;
    const record = await readExactly(file, offset, length);
    if (record !== null && isIntact(record)) yield { index: head.readUInt32LE(4), offset, length };
    offset += length;
  }
}

function isIntact(record: Buffer): boolean {
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

function withoutImage({ image: { bytes: _, ...image }, ...result }: Success) {
  return { ...result, image };
}
