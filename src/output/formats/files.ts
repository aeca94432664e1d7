import type { SampleKey } from '../../core/samples.ts';
import type { Checksum } from '../store/checksum-file.ts';
import type { NewFolder, Transaction } from '../store/store.ts';
import type { Member, SampleSink } from './sample-sink.ts';

/** Writes samples as separate files in one folder or in its subfolders. */
export class FolderSink implements SampleSink {
  readonly #folder: NewFolder;

  private constructor(folder: NewFolder) {
    this.#folder = folder;
  }

  static async create(transaction: Transaction, name: string): Promise<FolderSink> {
    return new FolderSink(await transaction.createFolder(name));
  }

  async add(key: SampleKey, members: readonly Member[], subfolder?: string): Promise<readonly Checksum[]> {
    const path = subfolder === undefined ? key : `${subfolder}/${key}`;
    const written = await Promise.allSettled(
      members.map(({ extension, bytes }) => this.#addFile(`${path}.${extension}`, bytes)),
    );
    // Thrown only after every write has ended, so that none creates a file while the folder is being removed.
    return written.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  async finish(): Promise<null> {
    await this.#folder.finish();
    return null;
  }

  async #addFile(name: string, bytes: Uint8Array): Promise<Checksum> {
    const { sha256 } = await this.#folder.add(name, bytes);
    return { name, sha256 };
  }
}
