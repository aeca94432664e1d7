import { existsSync, rmSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputError } from '../../core/errors.ts';

/** More than any index that comes through a pipe; a hostile file of a few MB could fill any disk. */
const MAX_BYTES = 64 * 1024 ** 3;

/**
 * A temporary file, removed by `close` and, if that is not called, when the process exits. On Linux it has no name, so that
 * even a killed process leaves nothing.
 */
export interface ScratchFile {
  readonly path: string;
  readonly file: FileHandle;
  close(): Promise<void>;
}

/**
 * Copies bytes to a temporary file, for formats that are read at several places; `name` is the source in messages.
 * `onChunk` sees the bytes as they pass by.
 * @throws UserError when they are too many, or the folder for temporary files is full
 */
export async function copyToScratch(
  chunks: AsyncIterable<Buffer>,
  name: string,
  onChunk: (chunk: Buffer) => void = () => {},
): Promise<ScratchFile> {
  const scratch = await openScratch(name);
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      onChunk(chunk);
      bytes += chunk.length;
      if (bytes > MAX_BYTES)
        throw inputError(`Cannot read '${name}': it is larger than 64 GiB when decompressed`);
      await scratch.file.appendFile(chunk).catch((error: unknown) => {
        throw unwritable(name, error);
      });
    }
    return scratch;
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

/**
 * A new temporary file, for `name` in messages.
 * @throws UserError when the folder for temporary files takes none
 */
export async function openScratch(name: string): Promise<ScratchFile> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-')).catch((error: unknown) => {
    throw unwritable(name, error);
  });
  const removeNow = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeNow);
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', removeNow);
  };
  const path = join(folder, 'index');
  const file = await open(path, 'wx+', 0o600);
  const nameless = `/proc/self/fd/${file.fd}`;
  if (existsSync(nameless)) {
    await remove();
    return { path: nameless, file, close: () => file.close() };
  }
  return {
    path,
    file,
    close: async () => {
      await file.close();
      await remove();
    },
  };
}

/** The error for bytes of the source `name` that cannot be kept in a temporary file. */
export function unwritable(name: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return inputError(
    `Cannot copy '${name}' to the folder for temporary files, ${tmpdir()}: ${reason}; free space there, name another folder with TMPDIR, or give an uncompressed file`,
    error,
  );
}
