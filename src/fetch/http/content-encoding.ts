import { promisify } from 'node:util';
import {
  type BrotliDecompress,
  brotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  type Gunzip,
  gunzip,
  type Inflate,
  inflate,
} from 'node:zlib';
import pLimit from 'p-limit';
import type { FailureCode } from '../../core/failures.ts';

const GZIP = { decode: promisify(gunzip), start: createGunzip };
const CODINGS = {
  gzip: GZIP,
  'x-gzip': GZIP,
  deflate: { decode: promisify(inflate), start: createInflate },
  br: { decode: promisify(brotliDecompress), start: createBrotliDecompress },
};

/** Few at a time: a decoder has a window of up to 16 MiB, and what comes out of it may be as long as any body. */
const inTurn = pLimit(2);

/**
 * Pictures are compressed already, and what unfolds to so many times its size is none; but pages of one colour may
 * unfold to some megabytes out of nothing.
 */
const BOMB = { ratio: 200, leastBytes: 4 * 2 ** 20 };

const isKnown = (name: string): name is keyof typeof CODINGS => Object.hasOwn(CODINGS, name);

/**
 * Undoes the one content coding of a body that came encoded although `identity` was asked for. A coding that is
 * unknown, stacked, broken or a bomb, and a result of more than `maxBytes`, are failures.
 */
export async function decodeContent(
  body: Buffer,
  encoding: string,
  maxBytes: number,
): Promise<Buffer | Extract<FailureCode, 'encoding_invalid' | 'body_too_large'>> {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  if (!isKnown(name)) return 'encoding_invalid';
  const { start, decode } = CODINGS[name];
  try {
    return await inTurn(async () => {
      // A bomb is found out before any of it is kept.
      const mostBytes = BOMB.leastBytes + BOMB.ratio * body.length;
      if (await unfoldsWithin(start(), body, Math.min(maxBytes, mostBytes)))
        return await decode(body, { maxOutputLength: maxBytes });
      return mostBytes < maxBytes ? 'encoding_invalid' : 'body_too_large';
    });
  } catch {
    return 'encoding_invalid';
  }
}

/** Whether no more than `mostBytes` come out; nothing of them is kept. Rejects where the coding is broken. */
function unfoldsWithin(
  decoder: Gunzip | Inflate | BrotliDecompress,
  body: Buffer,
  mostBytes: number,
): Promise<boolean> {
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
