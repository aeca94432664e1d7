import { join } from 'node:path';
import type { Member } from './sample-sink.ts';
import { type StoredSample, storedSamples } from './stored-samples.ts';
import { damagedShard } from './stored-shard.ts';

/** A finished shard's tar or folder, as its statistics describe it. */
export interface SamplesFile {
  readonly folder: string;
  readonly kind: 'tar' | 'folder';
  readonly name: string;
  /** Null for a folder. */
  readonly sha256: string | null;
}

/** The samples of a finished shard, taken one after the other to be written once more. */
export class OldSamples {
  readonly #file: SamplesFile;
  readonly #samples: AsyncGenerator<StoredSample>;
  #sha256: string | null = null;

  constructor(file: SamplesFile) {
    this.#file = file;
    this.#samples = storedSamples(file.kind, join(file.folder, file.name), {
      pictures: true,
      onSha256: (sha256) => {
        this.#sha256 = sha256;
      },
    });
  }

  /** The files of the next sample, which must have this key. Throws a UserError where the shard is damaged. */
  async take(key: string): Promise<readonly Member[]> {
    const sample = await this.#next();
    if (sample?.key !== key) {
      throw this.#damaged(`expected the sample ${key}, found ${sample === null ? 'the end' : sample.key}`);
    }
    return sample.members.map(({ extension, content }) => ({ extension, bytes: content }));
  }

  /** Throws a UserError where samples are left or the file is not what was once written. */
  async finish(): Promise<void> {
    const sample = await this.#next();
    if (sample !== null)
      throw this.#damaged(`the metadata has no successful row for the sample ${sample.key}`);
    const { sha256 } = this.#file;
    if (sha256 !== null && sha256 !== this.#sha256) {
      throw this.#damaged('it does not have the sha256 of the statistics');
    }
  }

  /** Closes what is open, at any time. */
  async discard(): Promise<void> {
    await this.#samples.return(undefined);
  }

  async #next(): Promise<StoredSample | null> {
    try {
      const next = await this.#samples.next();
      return next.done ? null : next.value;
    } catch (error) {
      throw this.#damaged(error);
    }
  }

  #damaged(reason: unknown): Error {
    return damagedShard(this.#file.folder, this.#file.name, reason);
  }
}
