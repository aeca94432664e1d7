import { randomUUID } from 'node:crypto';
import { ObjectError } from '../../objects/interface/object-error.ts';
import type { PartsWriter } from '../../objects/interface/parts-writer.ts';
import { type FinishedUpload, PartUpload } from '../../objects/transfer/part-upload.ts';
import {
  carryOut,
  type Decision,
  decisionKey,
  lastGeneration,
  readDecision,
  shardOf,
} from '../decision/decision.ts';
import { objectFailure } from './object-failure.ts';
import type { FileDigest, NewFile, NewFolder, Transaction, TransactionKind } from './store.ts';

/**
 * Files of one shard, each an upload in parts that stays open until it is decided that these uploads become the shard. A
 * shard that another writer has decided in the meantime gets that writer's files.
 */
export class ObjectTransaction implements Transaction {
  readonly #objects: PartsWriter;
  readonly #files: UploadedFile[] = [];
  readonly #folders: string[] = [];
  /** How often the shard had been decided before this transaction. */
  #earlier: number | null = null;
  /** Whether somebody may already carry out what this transaction has decided. */
  #mayBeDecided = false;

  readonly #kind: TransactionKind;

  constructor(objects: PartsWriter, kind: TransactionKind) {
    this.#objects = objects;
    this.#kind = kind;
  }

  async createFile(name: string): Promise<NewFile> {
    this.#earlier ??= await this.#attempt(lastGeneration(this.#objects, shardOf(name) ?? name));
    return this.#add(name);
  }

  async createFolder(name: string): Promise<NewFolder> {
    this.#folders.push(name);
    return {
      add: async (member, bytes) => {
        const file = this.#add(`${name}/${member}`);
        await file.write([bytes]);
        return file.finish();
      },
      finish: async () => {},
    };
  }

  commit(marker: string): Promise<void> {
    return this.#attempt(this.#commit(marker));
  }

  async discard(): Promise<void> {
    if (!this.#mayBeDecided) await this.#abort().catch(() => {});
  }

  async #commit(marker: string): Promise<void> {
    if (this.#kind === 'shared' && (await this.#isDoneByAnother(marker))) return this.#abort();
    const key = decisionKey(shardOf(marker) ?? marker, (this.#earlier ?? 0) + 1);
    const decision: Decision = {
      format: 1,
      attempt: randomUUID(),
      marker,
      replaces: (await this.#objects.head(marker)) !== null,
      folders: this.#folders,
      files: this.#files.map((file) => file.decided()),
    };
    this.#mayBeDecided = true;
    try {
      await this.#objects.put(key, Buffer.from(`${JSON.stringify(decision)}\n`), 'absent');
    } catch (error) {
      if (!(error instanceof ObjectError) || error.code !== 'exists') throw error;
      this.#mayBeDecided = false;
      await this.#abort();
      return carryOut(this.#objects, await readDecision(this.#objects, key));
    }
    await carryOut(this.#objects, decision);
  }

  /** Whether the shard is complete, perhaps because this carried out what another writer had decided. */
  async #isDoneByAnother(marker: string): Promise<boolean> {
    const shard = shardOf(marker) ?? marker;
    this.#earlier = await lastGeneration(this.#objects, shard);
    if (this.#earlier === 0) return false;
    const decision = await readDecision(this.#objects, decisionKey(shard, this.#earlier));
    const decided = new Set(decision.files.map(({ upload }) => upload));
    const open = await this.#objects.openUploads(shard);
    // Those of a shard that was removed afterwards ended long ago.
    if (open.some(({ id }) => decided.has(id))) await carryOut(this.#objects, decision);
    return (await this.#objects.head(marker)) !== null;
  }

  async #abort(): Promise<void> {
    const ended = await Promise.allSettled(this.#files.map((file) => file.abort()));
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  #add(name: string): UploadedFile {
    const file = new UploadedFile(this.#objects, name);
    this.#files.push(file);
    return file;
  }

  async #attempt<T>(request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (error) {
      throw objectFailure('write to', this.#objects.address(), error);
    }
  }
}

class UploadedFile implements NewFile {
  readonly #objects: PartsWriter;
  readonly #name: string;
  readonly #upload: PartUpload;
  #finished: FinishedUpload | null = null;

  constructor(objects: PartsWriter, name: string) {
    this.#objects = objects;
    this.#name = name;
    this.#upload = new PartUpload(objects, name);
  }

  get size(): number {
    return this.#upload.size;
  }

  async write(buffers: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#upload.write(buffers);
    } catch (error) {
      throw objectFailure('write', this.#objects.address(this.#name), error);
    }
  }

  async finish(): Promise<FileDigest> {
    try {
      this.#finished = await this.#upload.finish();
    } catch (error) {
      throw objectFailure('write', this.#objects.address(this.#name), error);
    }
    const { bytes, sha256 } = this.#finished;
    return { bytes, sha256 };
  }

  abort(): Promise<void> {
    return this.#upload.abort();
  }

  decided(): Decision['files'][number] {
    if (this.#finished === null) throw new Error(`'${this.#name}' is committed before it is finished`);
    const { upload, tags, bytes, sha256 } = this.#finished;
    return { name: this.#name, upload: upload.id, tags, bytes, sha256 };
  }
}
