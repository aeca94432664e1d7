import { open } from 'node:fs/promises';
import { inputError } from '../../core/errors.ts';
import { PendingFile } from './pending-file.ts';

/** A file of a shard and its content. */
export interface Checksum {
  /** Path in the dataset's folder. */
  readonly name: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

const BUFFER_LENGTH = 1 << 16;

/**
 * Writes `NNNNN.sha256` under a temporary name: a line for every other file of a shard as sha256sum writes it, so that
 * `sha256sum -c` in the dataset's folder proves the shard without us. Failures are those of PendingFile.
 */
export class ChecksumFile {
  readonly #file: PendingFile;
  #text = '';

  private constructor(file: PendingFile) {
    this.#file = file;
  }

  static async create(path: string, shardBytes: number): Promise<ChecksumFile> {
    return new ChecksumFile(await PendingFile.create(path, shardBytes));
  }

  /** Not for concurrent use. */
  async add({ name, sha256 }: Checksum): Promise<void> {
    this.#text += `${sha256}  ${name}\n`;
    if (this.#text.length >= BUFFER_LENGTH) await this.#flush();
  }

  /** Resolves when the file is whole and on the disk. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.finish();
  }

  async discard(): Promise<void> {
    await this.#file.discard();
  }

  async #flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    await this.#file.write([Buffer.from(text)]);
  }
}

/** Reads a checksum file line by line; throws a UserError (exit code 3) at a line that is none of sha256sum's. */
export async function* readChecksums(path: string): AsyncGenerator<Checksum> {
  const file = await open(path);
  try {
    for await (const line of file.readLines({ autoClose: false })) {
      const [, sha256, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      if (sha256 === undefined || name === undefined) {
        throw inputError(`Cannot read '${path}': expected lines of sha256sum, found something else`);
      }
      yield { name, sha256 };
    }
  } finally {
    await file.close();
  }
}
