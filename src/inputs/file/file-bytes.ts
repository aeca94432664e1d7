import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { inputError, UserError } from '../../core/errors.ts';
import type { ByteStream, Compression, IndexSource } from './index-file.ts';

const CHUNK_BYTES = 128 * 1024;

/**
 * The decompressed bytes of a text file, without a UTF-8 byte order mark.
 * @throws UserError from `chunks`, naming the file, when it cannot be read or its compression is damaged
 */
export function openBytes(source: IndexSource): ByteStream {
  const stream = decompress(openRaw(source), source.compression);
  return {
    chunks: skipByteOrderMark(nameErrors(stream, source), source),
    close: () => {
      stream.destroy();
      source.stdin?.close();
    },
  };
}

function openRaw({ path, stdin }: IndexSource): Readable {
  if (path !== null) return createReadStream(path, { highWaterMark: CHUNK_BYTES });
  return Readable.from(stdin?.chunks ?? []);
}

function decompress(raw: Readable, compression: Compression): Readable {
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

// A zstd block of 4 bytes or more decompresses to at most 128 KiB, so the step bounds what a hostile file can expand to.
const ZSTD_STEP_BYTES = 64;

async function* unzstd(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let blocks: Buffer[] = [];
  const decoder = new Decompress(({ buffer, byteOffset, byteLength }) => {
    if (byteLength > 0) blocks.push(Buffer.from(buffer, byteOffset, byteLength));
  });
  for await (const chunk of raw) {
    for (let start = 0; start < chunk.length; start += ZSTD_STEP_BYTES) {
      decoder.push(chunk.subarray(start, start + ZSTD_STEP_BYTES));
      yield* blocks;
      blocks = [];
    }
  }
  decoder.push(new Uint8Array(0), true);
  yield* blocks;
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

async function* skipByteOrderMark(
  chunks: AsyncIterable<Buffer>,
  source: IndexSource,
): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 3) continue;
    yield withoutMark(head, source);
    head = null;
  }
  if (head !== null && head.length > 0) yield withoutMark(head, source);
}

function withoutMark(head: Buffer, source: IndexSource): Buffer {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw inputError(`Cannot read '${source.name}': expected UTF-8, found UTF-16; convert the file to UTF-8`);
  }
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
}
