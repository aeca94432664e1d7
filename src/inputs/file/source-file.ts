import { type FileHandle, open } from 'node:fs/promises';
import type { IndexSource } from './index-file.ts';

/** An open file, of which parts may have to be fetched before somebody else than `read` reads them. */
export interface SourceFile extends FileHandle {
  /** Fetches the bytes from `from` to `end`; absent if all are there. */
  fetch?(from: number, end: number): Promise<void>;
}

/** Opens the file of a source. Its `read` fetches what it reads of a remote file. */
export async function openSourceFile({
  path,
  parts,
}: Pick<IndexSource, 'path' | 'parts'>): Promise<SourceFile> {
  const file = await open(path ?? '');
  if (parts === undefined) return file;
  const read = file.read.bind(file);
  const readFetched = async (buffer: Buffer, offset: number, length: number, position: number) => {
    await parts.fetch(position, position + length);
    return read(buffer, offset, length, position);
  };
  return Object.assign(file, {
    // All readers of indexes call it with these four arguments.
    read: readFetched as FileHandle['read'],
    fetch: (from: number, end: number) => parts.fetch(from, end),
  });
}

/** Fetches a whole file. With a condition, DuckDB also reads filters of values, which stand anywhere in it. */
export async function fetchAll({ fetch }: SourceFile): Promise<void> {
  await fetch?.(0, Number.POSITIVE_INFINITY);
}

const FIRST_BYTES = 256 * 1024;
const MOST_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 128 * 1024;

/** The bytes of a remote file in order, fetched in pieces that grow, so that its first lines cost little. */
export async function* readInOrder(source: IndexSource): AsyncGenerator<Buffer> {
  const { parts, bytes } = source;
  await using file = await open(source.path ?? '');
  let pieceBytes = FIRST_BYTES;
  for (let at = 0; at < (bytes ?? 0); ) {
    const end = Math.min(at + pieceBytes, bytes ?? 0);
    await parts?.fetch(at, end);
    while (at < end) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
    }
    pieceBytes = Math.min(MOST_BYTES, pieceBytes * 2);
  }
}
