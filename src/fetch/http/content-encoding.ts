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

/** Two at a time: a decoder has a window of up to 16 MiB, and its output may be as long as any body. */
const inTurn = pLimit(2);

/**
 * Images are compressed already, so content that decodes to 200 times its size is not an image. Images of a single
 * colour are the exception: they may decode to some megabytes from very little.
 */
const BOMB = { ratio: 200, leastBytes: 4 * 2 ** 20 };

const isKnown = (name: string): name is keyof typeof CODINGS => Object.hasOwn(CODINGS, name);

/**
 * Decodes a body that has a content coding although we asked for `identity`. A coding that is unknown, stacked, broken
 * or a bomb is a failure, and so is a result of more than `maxBytes`.
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
      // A bomb is detected before any of its output is kept.
      const mostBytes = BOMB.leastBytes + BOMB.ratio * body.length;
      if (await decodesWithin(start(), body, Math.min(maxBytes, mostBytes)))
        return await decode(body, { maxOutputLength: maxBytes });
      return mostBytes < maxBytes ? 'encoding_invalid' : 'body_too_large';
    });
  } catch {
    return 'encoding_invalid';
  }
}

/** Whether the output is at most `mostBytes` long. Keeps none of it. Rejects if the coding is broken. */
function decodesWithin(
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
