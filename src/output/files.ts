import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SampleKey } from '../core/samples.ts';
import { PendingFile } from './pending-file.ts';
import type { Member, SampleSink } from './sample-sink.ts';
import { syncFolder } from './sync-folder.ts';
import { writeError } from './write-error.ts';

/** Writes samples as single files of one folder. */
export class FolderSink implements SampleSink {
  readonly #path: string;
  readonly #shardBytes: number;

  private constructor(path: string, shardBytes: number) {
    this.#path = path;
    this.#shardBytes = shardBytes;
  }

  static async create(path: string, shardBytes: number): Promise<FolderSink> {
    try {
      await mkdir(path);
    } catch (error) {
      throw writeError(path, error, shardBytes);
    }
    return new FolderSink(path, shardBytes);
  }

  async add(key: SampleKey, members: readonly Member[]): Promise<void> {
    const written = await Promise.allSettled(
      members.map(({ extension, bytes }) => this.#addFile(join(this.#path, `${key}.${extension}`), bytes)),
    );
    // Thrown only when all have ended, so that none makes a file while the folder is being removed.
    const failed = written.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async finish(): Promise<null> {
    await syncFolder(this.#path);
    return null;
  }

  async discard(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }

  async #addFile(path: string, bytes: Uint8Array): Promise<void> {
    const file = await PendingFile.create(path, this.#shardBytes);
    try {
      await file.write([bytes]);
      await file.finish();
    } catch (error) {
      await file.discard();
      throw error;
    }
  }
}
