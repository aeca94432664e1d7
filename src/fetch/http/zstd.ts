import { setImmediate as turn } from 'node:timers/promises';
import { Decompress } from 'fzstd';

const MAGIC = 0xfd2fb528;
/** The largest window that RFC 9659 allows for content codings. */
const MAX_WINDOW_BYTES = 8 * 2 ** 20;
/** Bytes of output after which the event loop gets a turn: fzstd decodes in this thread. */
const TURN_BYTES = 2 ** 20;
/** A block of 4 bytes or more decodes to at most 128 KiB, so this bounds the output of one step. */
const STEP_BYTES = 64;

/**
 * Decodes one frame of zstd. Returns null if the output is longer than `mostBytes`.
 * @throws Error if the frame is broken, cut short, or needs more memory than browsers would give it
 */
export async function decodeZstd(body: Buffer, mostBytes: number): Promise<Buffer | null> {
  const frame = body.subarray(0, frameEnd(body, mostBytes));
  const pieces: Uint8Array[] = [];
  let length = 0;
  const decoder = new Decompress((piece) => {
    length += piece.length;
    pieces.push(piece);
  });
  let turnAt = TURN_BYTES;
  for (let start = 0; start < frame.length; start += STEP_BYTES) {
    const end = start + STEP_BYTES;
    decoder.push(frame.subarray(start, end), end >= frame.length);
    if (length > mostBytes) return null;
    if (length < turnAt) continue;
    turnAt += TURN_BYTES;
    await turn();
  }
  return Buffer.concat(pieces);
}

/** Where the first frame ends. Walks its blocks without decoding, so that no later frame is taken for a part of it. */
function frameEnd(body: Buffer, mostBytes: number): number {
  if (body.readUInt32LE(0) !== MAGIC) throw new Error('no zstd frame');
  const flags = body.readUInt8(4);
  const isSingleSegment = (flags & 0x20) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0);
  const windowBytes = isSingleSegment ? contentSize(body, sizeAt, sizeBytes) : windowSize(body.readUInt8(5));
  if (windowBytes > Math.max(MAX_WINDOW_BYTES, isSingleSegment ? mostBytes : 0))
    throw new Error('the window is too large');
  let at = sizeAt + sizeBytes;
  for (;;) {
    const header = body.readUIntLE(at, 3);
    const isRepeated = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeated ? 1 : header >> 3);
    if ((header & 1) === 1) break;
  }
  const end = at + (flags & 4);
  if (end > body.length) throw new Error('the frame is cut short');
  return end;
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(body: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(body.readBigUInt64LE(at));
  return body.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
