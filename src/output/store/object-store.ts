import { tmpdir } from 'node:os';
import type { OpenUpload } from '../../objects/interface/object-backend.ts';
import { ObjectError } from '../../objects/interface/object-error.ts';
import type { ObjectWriter } from '../../objects/interface/object-writer.ts';
import { LocalCopies } from '../../objects/transfer/local-copies.ts';
import { carryOut, lastDecision, shardOf } from '../decision/decision.ts';
import { objectFailure } from './object-failure.ts';
import { ObjectTransaction } from './object-transaction.ts';
import type { Leftover, Store, StoreEntry, Transaction, TransactionKind } from './store.ts';
import { writeError } from './write-error.ts';

/** A dataset in a store of objects, such as a bucket of S3. */
export class ObjectStore implements Store {
  readonly #objects: ObjectWriter;
  readonly #copies: LocalCopies;

  constructor(objects: ObjectWriter) {
    this.#objects = objects;
    this.#copies = new LocalCopies(objects);
  }

  address(name?: string): string {
    return this.#objects.address(name);
  }

  list(folder = ''): Promise<readonly StoreEntry[] | null> {
    return this.#reading(folder, async () => {
      const found = await this.#objects.listFolder(folder === '' ? '' : `${folder}/`);
      const entries = [
        ...found.folders.map((name): StoreEntry => ({ name, kind: 'folder' })),
        ...found.objects.map((name): StoreEntry => ({ name, kind: 'file' })),
      ];
      return entries.length === 0 ? null : entries;
    });
  }

  size(name: string): Promise<number | null> {
    return this.#reading(name, async () => (await this.#objects.head(name))?.bytes ?? null);
  }

  read(name: string): Promise<Buffer | null> {
    return this.#reading(name, async () => {
      try {
        return await collect(this.#objects.read(name));
      } catch (error) {
        if (error instanceof ObjectError && error.code === 'not_found') return null;
        throw error;
      }
    });
  }

  readRange(name: string, offset: number, length: number): Promise<Buffer<ArrayBuffer>> {
    return this.#reading(name, () => collect(this.#objects.read(name, { offset, length })));
  }

  async *stream(name: string): AsyncGenerator<Buffer> {
    try {
      for await (const piece of this.#objects.read(name)) {
        yield Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      }
    } catch (error) {
      throw objectFailure('read', this.address(name), error);
    }
  }

  localPath(name: string): Promise<string> {
    return this.#reading(name, () =>
      this.#copies.pathOf(name).catch((error: unknown) => {
        throw writeError(tmpdir(), error, 0);
      }),
    );
  }

  async write(name: string, text: string): Promise<void> {
    await this.#writing(name, () => this.#objects.put(name, Buffer.from(text)));
  }

  remove(names: readonly string[]): Promise<void> {
    return this.#writing('', () => this.#objects.remove(names));
  }

  removeFolder(name: string): Promise<void> {
    return this.#writing(name, async () => {
      const keys: string[] = [];
      for await (const { key } of this.#objects.list(`${name}/`)) keys.push(key);
      await this.#objects.remove(keys);
      // Some stores keep empty folders: a folder is an object with a slash at its end there.
      for (const folder of foldersOf(keys)) await this.#objects.remove([`${folder}/`]);
    });
  }

  async begin(kind: TransactionKind): Promise<Transaction> {
    return new ObjectTransaction(this.#objects, kind);
  }

  leftovers(): Promise<readonly Leftover[]> {
    return this.#reading('', async () => {
      const shards = await this.#interrupted();
      return shards.flatMap(({ uploads, decided }) =>
        uploads.slice(0, 1).map(({ key }) => ({
          name: `${key} (an upload)`,
          committed: uploads.some(({ id }) => decided.has(id)),
        })),
      );
    });
  }

  recover(others?: 'may-write'): Promise<void> {
    return this.#writing('', async () => {
      for (const { shard, uploads, decided } of await this.#interrupted()) {
        const useless = uploads.filter(({ id }) => !decided.has(id));
        if (others === undefined)
          await Promise.all(useless.map((upload) => this.#objects.abortUpload(upload)));
        if (useless.length === uploads.length) continue;
        const decision = await lastDecision(this.#objects, shard);
        if (decision !== null) await carryOut(this.#objects, decision);
      }
    });
  }

  /** Shards with open uploads, each with the ids of those that a decision names. */
  async #interrupted(): Promise<
    { shard: string; uploads: readonly OpenUpload[]; decided: ReadonlySet<string> }[]
  > {
    const uploads = (await this.#objects.openUploads('')).flatMap((upload) => {
      const shard = shardOf(upload.key);
      return shard === null ? [] : [{ shard, upload }];
    });
    const shards = [...new Set(uploads.map(({ shard }) => shard))];
    return Promise.all(
      shards.map(async (shard) => {
        const decision = await lastDecision(this.#objects, shard);
        return {
          shard,
          uploads: uploads.filter((each) => each.shard === shard).map(({ upload }) => upload),
          decided: new Set(decision?.files.map(({ upload }) => upload)),
        };
      }),
    );
  }

  #reading<T>(name: string, request: () => Promise<T>): Promise<T> {
    return this.#attempt('read', name, request);
  }

  #writing<T>(name: string, request: () => Promise<T>): Promise<T> {
    return this.#attempt('write', name, request);
  }

  async #attempt<T>(doing: 'read' | 'write', name: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw objectFailure(doing, name === '' ? this.address() : this.address(name), error);
    }
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const found: Uint8Array[] = [];
  for await (const piece of pieces) found.push(piece);
  return Buffer.concat(found);
}

/** All folders that the keys are in, sub-folders first. */
function foldersOf(keys: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const key of keys) {
    const parts = key.split('/');
    for (let depth = parts.length - 1; depth > 0; depth -= 1) folders.add(parts.slice(0, depth).join('/'));
  }
  return [...folders].sort((a, b) => b.length - a.length);
}
