import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { FileDigest, NewFile } from './store.ts';
import { writeError } from './write-error.ts';
import { writeFully } from './write-fully.ts';

/** A file being written under a temporary name on the local disk. */
export class PendingFile implements NewFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #neededBytes: number;
  readonly #hash = createHash('sha256');
  #size = 0;

  private constructor(path: string, handle: FileHandle, neededBytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#neededBytes = neededBytes;
  }

  /** Creates the file, which must not exist. `neededBytes` appears in the message about a full disk. */
  static async create(path: string, neededBytes: number): Promise<PendingFile> {
    try {
      return new PendingFile(path, await open(path, 'wx'), neededBytes);
    } catch (error) {
      throw writeError(path, error, neededBytes);
    }
  }

  get size(): number {
    return this.#size;
  }

  async write(buffers: readonly Uint8Array[]): Promise<void> {
    try {
      const written = writeFully(this.#handle, buffers, this.#size);
      // Hash while the system writes.
      for (const buffer of buffers) this.#hash.update(buffer);
      await written;
    } catch (error) {
      throw writeError(this.#path, error, this.#neededBytes);
    }
    for (const buffer of buffers) this.#size += buffer.length;
  }

  /** A failed fsync is final, because a second one would report success. */
  async finish(): Promise<FileDigest> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
    } catch (error) {
      throw writeError(this.#path, error, this.#neededBytes);
    }
    return { bytes: this.#size, sha256: this.#hash.digest('hex') };
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#path, { force: true });
  }
}
