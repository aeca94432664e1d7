import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

const isKnown = (name: string): name is keyof typeof DECODERS => Object.hasOwn(DECODERS, name);

/**
 * Undoes the one content coding of a body that came encoded although `identity` was asked for. Null where the coding
 * is unknown, stacked or broken, or where the result would exceed `maxBytes`.
 */
export async function decodeContent(
  body: Buffer,
  encoding: string | null,
  maxBytes: number,
): Promise<Buffer | null> {
  const name = (encoding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  if (!isKnown(name)) return null;
  try {
    return await DECODERS[name](body, { maxOutputLength: maxBytes });
  } catch {
    return null;
  }
}
