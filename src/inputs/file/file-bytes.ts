import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { inputError, UserError } from '../../core/errors.ts';
import { ENCODING_BYTES, findEncoding, toUtf8 } from './encoding.ts';
import type { ByteStream, Compression, IndexSource, OpenOptions } from './index-file.ts';
import { PeekedBytes } from './peeked-bytes.ts';
import { readInOrder } from './source-file.ts';
import { unzstd } from './zstd.ts';

const CHUNK_BYTES = 128 * 1024;
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Text in UTF-8, without a byte order mark. */
export interface TextStream extends ByteStream {
  /** Whether the bytes are those of the file, but for a byte order mark. */
  readonly isVerbatim: boolean;
}

/**
 * The text of a file: decompressed, in UTF-8, without a byte order mark.
 * @throws UserError, also from `chunks`, naming the file, when it cannot be read or its compression is damaged
 */
export async function openBytes(
  source: IndexSource,
  { encoding: wanted = null, onNotice }: OpenOptions = {},
): Promise<TextStream> {
  const stream = decompress(openRaw(source), source.compression);
  const close = () => {
    stream.destroy();
    source.stdin?.close();
  };
  const bytes = new PeekedBytes(nameErrors(stream, source));
  try {
    const encoding = findEncoding(await bytes.peek((head) => head.length >= ENCODING_BYTES), wanted);
    if (encoding.startsWith('utf-32')) {
      throw inputError(`Cannot read '${source.name}': it is in UTF-32; convert the file to UTF-8`);
    }
    const isVerbatim = source.compression === 'none' && encoding === 'utf-8';
    if (encoding === 'utf-8') return { chunks: skipMark(bytes.chunks()), isVerbatim, close };
    let isTold = false;
    const tellInvalid = (): void => {
      if (!isTold) onNotice?.(`'${source.name}': bytes that are not valid ${encoding} become U+FFFD`);
      isTold = true;
    };
    return { chunks: toUtf8(bytes.chunks(), encoding, tellInvalid), isVerbatim, close };
  } catch (error) {
    close();
    throw error;
  }
}

function openRaw(source: IndexSource): Readable {
  const { path, stdin, parts } = source;
  if (parts !== undefined) return Readable.from(readInOrder(source), { highWaterMark: 1 });
  if (path !== null) return createReadStream(path, { highWaterMark: CHUNK_BYTES });
  return Readable.from(stdin?.chunks ?? []);
}

export function decompress(raw: Readable, compression: Compression): Readable {
  switch (compression) {
    case 'none':
      return raw;
    case 'gzip':
      // The callback has nothing to do: a failure of either stream reaches the reader of the last one.
      return pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
    case 'zstd':
      return Readable.from(unzstd(raw), { objectMode: true, highWaterMark: 1 });
  }
}

async function* nameErrors(stream: Readable, source: IndexSource): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    const detail =
      'syscall' in error || source.compression === 'none'
        ? ''
        : `the ${source.compression} data is damaged or cut short: `;
    throw inputError(`Cannot read '${source.name}': ${detail}${error.message}`, error);
  }
}

/** The first chunk is at least as long as the mark, if the text is. */
async function* skipMark(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of chunks) {
    yield isFirst && chunk.subarray(0, 3).equals(UTF8_MARK) ? chunk.subarray(3) : chunk;
    isFirst = false;
  }
}
