import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommitsWriter, NewObject } from '../../objects/interface/commits-writer.ts';
import { ObjectError } from '../../objects/interface/object-error.ts';
import { objectFailure } from './object-failure.ts';
import { PendingFile } from './pending-file.ts';
import type { FileDigest, NewFile, NewFolder, Transaction, TransactionKind } from './store.ts';
import { writeError } from './write-error.ts';

/**
 * Files of one shard that wait on the local disk, because a digest of the whole file comes before its first byte, and
 * that appear in one commit. Of several writers of a shared shard, the first commit counts.
 */
export class StagedTransaction implements Transaction {
  readonly #objects: CommitsWriter;
  readonly #kind: TransactionKind;
  readonly #folder: string;
  readonly #files: StagedFile[] = [];
  readonly #folders: string[] = [];

  private constructor(objects: CommitsWriter, kind: TransactionKind, folder: string) {
    this.#objects = objects;
    this.#kind = kind;
    this.#folder = folder;
  }

  /** `staging`: where the files wait; null for the system's temporary folder. */
  static async begin(
    objects: CommitsWriter,
    kind: TransactionKind,
    staging: string | null,
  ): Promise<StagedTransaction> {
    const parent = staging ?? tmpdir();
    try {
      await mkdir(parent, { recursive: true });
      return new StagedTransaction(objects, kind, await mkdtemp(join(parent, 'laion-fetch-shard-')));
    } catch (error) {
      throw writeError(parent, error, 0);
    }
  }

  createFile(name: string): Promise<NewFile> {
    return this.#add(name);
  }

  async createFolder(name: string): Promise<NewFolder> {
    this.#folders.push(name);
    return {
      add: async (member, bytes) => {
        const file = await this.#add(`${name}/${member}`);
        await file.write([bytes]);
        return file.finish();
      },
      finish: async () => {},
    };
  }

  async commit(marker: string): Promise<void> {
    try {
      const changes = { files: this.#files.map((file) => file.committed()), removed: await this.#stale() };
      await this.#objects.commit(
        this.#kind === 'shared' ? { ...changes, condition: { key: marker, is: 'absent' } } : changes,
      );
    } catch (error) {
      // Another writer has written the shard.
      const isDone = this.#kind === 'shared' && error instanceof ObjectError && error.code === 'exists';
      if (!isDone) throw objectFailure('write to', this.#objects.address(), error);
    }
    await this.discard();
  }

  async discard(): Promise<void> {
    await Promise.allSettled(this.#files.map((file) => file.discard()));
    await rm(this.#folder, { recursive: true, force: true }).catch(() => {});
  }

  async #add(name: string): Promise<StagedFile> {
    const path = join(this.#folder, String(this.#files.length));
    const created = PendingFile.create(path, 0);
    // Before anything else is awaited, so that the next file gets another path.
    const file = new StagedFile(name, path, created);
    this.#files.push(file);
    await created;
    return file;
  }

  /** What the folders of the shard hold and will not hold any more. */
  async #stale(): Promise<string[]> {
    const names = new Set(this.#files.map(({ name }) => name));
    const stale: string[] = [];
    for (const folder of this.#folders) {
      for await (const { key } of this.#objects.list(`${folder}/`)) if (!names.has(key)) stale.push(key);
    }
    return stale;
  }
}

class StagedFile implements NewFile {
  readonly name: string;
  readonly #path: string;
  readonly #created: Promise<PendingFile>;
  #size = 0;
  #finished: FileDigest | null = null;

  constructor(name: string, path: string, created: Promise<PendingFile>) {
    this.name = name;
    this.#path = path;
    this.#created = created;
  }

  get size(): number {
    return this.#size;
  }

  async write(buffers: readonly Uint8Array[]): Promise<void> {
    await (await this.#created).write(buffers);
    for (const buffer of buffers) this.#size += buffer.length;
  }

  async finish(): Promise<FileDigest> {
    this.#finished = await (await this.#created).finish();
    return this.#finished;
  }

  committed(): NewObject {
    if (this.#finished === null) throw new Error(`'${this.name}' is committed before it is finished`);
    return { key: this.name, content: { path: this.#path, ...this.#finished } };
  }

  /** A second close of the file is harmless. */
  async discard(): Promise<void> {
    await (await this.#created).discard();
  }
}
