import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SampleKey } from '../../core/samples.ts';
import type { Checksum } from '../store/checksum-file.ts';
import { PendingFile } from '../store/pending-file.ts';
import { syncFolder } from '../store/sync-folder.ts';
import { writeError } from '../store/write-error.ts';
import type { Member, SampleSink } from './sample-sink.ts';

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

  async add(key: SampleKey, members: readonly Member[]): Promise<readonly Checksum[]> {
    const written = await Promise.allSettled(
      members.map(({ extension, bytes }) => this.#addFile(`${key}.${extension}`, bytes)),
    );
    // Thrown only when all have ended, so that none makes a file while the folder is being removed.
    return written.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  async finish(): Promise<null> {
    await syncFolder(this.#path);
    return null;
  }

  async discard(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }

  async #addFile(name: string, bytes: Uint8Array): Promise<Checksum> {
    const file = await PendingFile.create(join(this.#path, name), this.#shardBytes);
    try {
      await file.write([bytes]);
      const { sha256 } = await file.finish();
      return { name, sha256 };
    } catch (error) {
      await file.discard();
      throw error;
    }
  }
}
