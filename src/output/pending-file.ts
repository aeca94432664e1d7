import { type FileHandle, open, rm } from 'node:fs/promises';
import { writeError } from './write-error.ts';
import { writeFully } from './write-fully.ts';

/** A file being written under a temporary name. Failures of the system are thrown as UserErrors (exit code 4). */
export class PendingFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #shardBytes: number;
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
      await writeFully(this.#handle, buffers, this.#size);
    } catch (error) {
      throw writeError(this.#path, error, this.#shardBytes);
    }
    for (const buffer of buffers) this.#size += buffer.length;
  }

  /** Closes the file when its bytes are on the disk. A failed fsync is final: a second one would claim success. */
  async finish(): Promise<void> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
    } catch (error) {
      throw writeError(this.#path, error, this.#shardBytes);
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#path, { force: true });
  }
}
