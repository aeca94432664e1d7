import { promisify } from 'node:util';
import {
  type BrotliDecompress,
  brotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  type Gunzip,
  gunzip,
  type Inflate,
  type InflateRaw,
  inflate,
  inflateRaw,
} from 'node:zlib';
import pLimit from 'p-limit';
import type { FailureCode } from '../../core/failures.ts';
import { detectFormat } from '../../core/image-signature.ts';
import { decodeZstd } from './zstd.ts';

/** Decodes a body. Returns null if the output is longer than `mostBytes`; rejects if the coding is broken. */
type Decode = (body: Buffer, mostBytes: number) => Promise<Buffer | null>;
type Decoder = Gunzip | Inflate | InflateRaw | BrotliDecompress;

const decodeGzip = inSteps(createGunzip, promisify(gunzip));
const decodeZlib = inSteps(createInflate, promisify(inflate));
const decodeRaw = inSteps(createInflateRaw, promisify(inflateRaw));
const gzip: Decode = async (body, mostBytes) => {
  try {
    return await decodeGzip(body, mostBytes);
  } catch (error) {
    if (!isCut(error)) throw error;
    // Some servers leave out the checksum and the length at the end. The content must still be complete.
    return await decodeRaw(body.subarray(gzipHeaderBytes(body)), mostBytes);
  }
};
const CODINGS: Readonly<Record<string, Decode>> = {
  gzip,
  'x-gzip': gzip,
  // The standard says zlib; some servers send deflate without its header.
  deflate: (body, mostBytes) => (isZlib(body) ? decodeZlib : decodeRaw)(body, mostBytes),
  br: inSteps(createBrotliDecompress, promisify(brotliDecompress)),
  zstd: decodeZstd,
};

/** Codings of one body, more than any server applies. */
const MAX_CODINGS = 4;

/** Two at a time: a decoder has a window of up to 16 MiB, and its output may be as long as any body. */
const inTurn = pLimit(2);

/**
 * Images are compressed already, so content that decodes to 200 times its size is not an image. Images of a single
 * colour are the exception: they may decode to some megabytes from very little.
 */
const BOMB = { ratio: 200, leastBytes: 4 * 2 ** 20 };

/**
 * Decodes a body that has content codings although we asked for `identity`. A body that begins as an image is taken as
 * it is, whatever its header says: many servers name a coding that they have not applied, or something that is not a
 * coding. Otherwise a coding that is unknown, broken or a bomb is a failure, and so is a result of more than `maxBytes`
 * at any stage.
 */
export async function decodeContent(
  body: Buffer,
  encoding: string,
  maxBytes: number,
): Promise<Buffer | Extract<FailureCode, 'encoding_invalid' | 'body_too_large'>> {
  if (encoding === '' || isImage(body)) return body;
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > MAX_CODINGS) return 'encoding_invalid';
  // Bombs are measured against what has arrived, not against what the stage before has made of it.
  const mostBytes = BOMB.leastBytes + BOMB.ratio * body.length;
  let decoded = body;
  for (const name of names.reverse()) {
    if (isImage(decoded)) break;
    const decode = Object.hasOwn(CODINGS, name) ? CODINGS[name] : undefined;
    if (decode === undefined) return 'encoding_invalid';
    const input = decoded;
    try {
      const output = await inTurn(() => decode(input, Math.min(maxBytes, mostBytes)));
      if (output === null) return mostBytes < maxBytes ? 'encoding_invalid' : 'body_too_large';
      decoded = output;
    } catch {
      return 'encoding_invalid';
    }
  }
  return decoded;
}

const isImage = (body: Buffer): boolean => detectFormat(body).format !== null;
const isZlib = (body: Buffer): boolean =>
  body.length > 1 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
const isCut = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';

/** @throws RangeError if the body ends before its header does */
function gzipHeaderBytes(body: Buffer): number {
  const flags = body.readUInt8(3);
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + body.readUInt16LE(at);
  // The file name and the comment. A checksum of the header is too rare to care for.
  for (const flag of [8, 16]) if ((flags & flag) !== 0) at = body.indexOf(0, at) + 1;
  return at;
}

/** A bomb is detected before any of its output is kept. */
function inSteps(
  start: () => Decoder,
  decode: (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>,
): Decode {
  return async (body, mostBytes) =>
    (await decodesWithin(start(), body, mostBytes)) ? decode(body, { maxOutputLength: mostBytes }) : null;
}

/** Whether the output is at most `mostBytes` long. Keeps none of it. Rejects if the coding is broken. */
function decodesWithin(decoder: Decoder, body: Buffer, mostBytes: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let length = 0;
    decoder.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length <= mostBytes) return;
      resolve(false);
      decoder.destroy();
    });
    decoder.once('end', () => resolve(true));
    decoder.once('error', reject);
    decoder.end(body);
  });
}
