import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import pLimit from 'p-limit';
import type { FailureCode } from '../core/failures.ts';

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** Bombs that come together unfold one after the other: each may fill memory up to the limit of a body. */
const inTurn = pLimit(2);

const isKnown = (name: string): name is keyof typeof DECODERS => Object.hasOwn(DECODERS, name);

/**
 * Undoes the one content coding of a body that came encoded although `identity` was asked for. A coding that is
 * unknown, stacked or broken, and a result of more than `maxBytes`, are failures.
 */
export async function decodeContent(
  body: Buffer,
  encoding: string,
  maxBytes: number,
): Promise<Buffer | Extract<FailureCode, 'encoding_invalid' | 'body_too_large'>> {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  if (!isKnown(name)) return 'encoding_invalid';
  try {
    return await inTurn(() => DECODERS[name](body, { maxOutputLength: maxBytes }));
  } catch (error) {
    const isTooLarge =
      error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isTooLarge ? 'body_too_large' : 'encoding_invalid';
  }
}
