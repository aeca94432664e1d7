import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { writeError } from './write-error.ts';
import { writeFully } from './write-fully.ts';

/** What a file holds, as a shard's statistics tell it. */
export interface FileDigest {
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** A file being written under a temporary name. Failures of the system are thrown as UserErrors (exit code 4). */
export class PendingFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #shardBytes: number;
  readonly #hash = createHash('sha256');
  #size = 0;

  private constructor(path: string, handle: FileHandle, shardBytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#shardBytes = shardBytes;
  }

  /** Creates the file, which must not exist. `shardBytes` is told to the user whose disk is full. */
  static async create(path: string, shardBytes: number): Promise<PendingFile> {
    try {
      return new PendingFile(path, await open(path, 'wx'), shardBytes);
    } catch (error) {
      throw writeError(path, error, shardBytes);
    }
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Appends the buffers; they may be reused once the promise resolves. Not for concurrent use. */
  async write(buffers: readonly Uint8Array[]): Promise<void> {
    try {
      const written = writeFully(this.#handle, buffers, this.#size);
      // Hashed while the system writes.
      for (const buffer of buffers) this.#hash.update(buffer);
      await written;
    } catch (error) {
      throw writeError(this.#path, error, this.#shardBytes);
    }
    for (const buffer of buffers) this.#size += buffer.length;
  }

  /** Closes the file when its bytes are on the disk. A failed fsync is final: a second one would claim success. */
  async finish(): Promise<FileDigest> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
    } catch (error) {
      throw writeError(this.#path, error, this.#shardBytes);
    }
    return { bytes: this.#size, sha256: this.#hash.digest('hex') };
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#path, { force: true });
  }
}
