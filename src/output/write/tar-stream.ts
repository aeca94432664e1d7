import { write as writeFile } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { outputError } from '../../core/errors.ts';
import { hasErrno } from '../../util/files/errno.ts';

const BLOCK_BYTES = 512;
const RECORD_BYTES = 10_240;
const CHUNK_BYTES = 2048 * BLOCK_BYTES;
/** Place of a member's size in its header, in octal digits. */
const [SIZE_START, SIZE_END] = [124, 136];

const writeSome = promisify(writeFile);

/** Joins tars into one, on a file descriptor that may be a pipe. Its reader may be slow; nothing else waits for it. */
export class TarStream {
  readonly #descriptor: number;
  #bytes = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Writes the members of a tar without the blocks that mark its end. */
  async add(path: string): Promise<void> {
    const file = await open(path);
    try {
      for await (const members of readMembers(file)) await this.#write(members);
    } finally {
      await file.close();
    }
  }

  /** Writes the end of the tar. Without it, readers know that the tar is incomplete. */
  async end(): Promise<void> {
    const marked = this.#bytes + 2 * BLOCK_BYTES;
    const padding = (RECORD_BYTES - (marked % RECORD_BYTES)) % RECORD_BYTES;
    await this.#write(new Uint8Array(2 * BLOCK_BYTES + padding));
  }

  /** Not with process.stdout, which blocks the whole process until a pipe has been read. */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      try {
        written += (await writeSome(this.#descriptor, bytes, written)).bytesWritten;
      } catch (error) {
        if (!hasErrno(error, 'EAGAIN')) throw cannotWrite(error);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    this.#bytes += bytes.length;
  }
}

function cannotWrite(error: unknown): Error {
  const reason = hasErrno(error, 'EPIPE') ? 'the program that reads it has ended' : String(error);
  return outputError(`Cannot write the tar to standard output: ${reason}; start both again`, error);
}

/** The bytes of a tar up to the first block of zeros in place of a header. */
async function* readMembers(file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let header = 0;
  for (let position = 0; ; position += CHUNK_BYTES) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
    while (header < position + bytesRead) {
      const block = buffer.subarray(header - position, header - position + BLOCK_BYTES);
      if (block[0] === 0) {
        yield buffer.subarray(0, header - position);
        return;
      }
      const size = Number.parseInt(block.toString('latin1', SIZE_START, SIZE_END), 8);
      header += (1 + Math.ceil(size / BLOCK_BYTES)) * BLOCK_BYTES;
    }
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
    if (bytesRead < CHUNK_BYTES) return;
  }
}
