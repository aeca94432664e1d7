import type { SampleKey } from '../../core/samples.ts';
import { METADATA_LINES } from '../../shards/files.ts';
import type { Checksum } from '../checksums/checksum-file.ts';
import { MetadataLines, samplePath } from '../loader-files/metadata-lines.ts';
import type { FileDigests } from '../metadata/stats.ts';
import type { NewFolder, Transaction } from '../store/store.ts';
import type { Member, SampleSink, SinkOptions } from './sample-sink.ts';

/** Writes samples as files in a folder or its subfolders, with loader files also a line for each in `metadata.jsonl`. */
export class FolderSink implements SampleSink {
  readonly #folder: NewFolder;
  readonly #lines: MetadataLines | null;

  private constructor(folder: NewFolder, lines: MetadataLines | null) {
    this.#folder = folder;
    this.#lines = lines;
  }

  static async create(
    transaction: Transaction,
    name: string,
    { loaderFiles }: SinkOptions,
  ): Promise<FolderSink> {
    return new FolderSink(await transaction.createFolder(name), loaderFiles ? new MetadataLines() : null);
  }

  async add(key: SampleKey, members: readonly Member[], subfolder?: string): Promise<readonly Checksum[]> {
    const path = samplePath({ key, ...(subfolder === undefined ? {} : { subfolder }) });
    this.#lines?.add(
      path,
      members.map(({ extension, bytes }) => ({ extension, content: bytes })),
    );
    const written = await Promise.allSettled(
      members.map(({ extension, bytes }) => this.#addFile(`${path}.${extension}`, bytes)),
    );
    // Thrown only after every write has ended, so that none creates a file while the folder is being removed.
    return written.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  sizeWith(): number {
    return 0;
  }

  async finish(): Promise<FileDigests> {
    if (this.#lines !== null) await this.#folder.add(METADATA_LINES, this.#lines.content());
    await this.#folder.finish();
    return {};
  }

  async #addFile(name: string, bytes: Uint8Array): Promise<Checksum> {
    const { sha256 } = await this.#folder.add(name, bytes);
    return { name, sha256 };
  }
}
