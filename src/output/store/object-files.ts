import { tmpdir } from 'node:os';
import { ObjectError } from '../../objects/interface/object-error.ts';
import type { ObjectWriter } from '../../objects/interface/object-writer.ts';
import { LocalCopies } from '../../objects/transfer/local-copies.ts';
import { objectFailure } from './object-failure.ts';
import type { Leftover, SmallFile, Store, StoreEntry, Transaction, TransactionKind } from './store.ts';
import { writeError } from './write-error.ts';

/** The files of a dataset in a store of objects, of any kind. How shards are written there is left to each kind. */
export abstract class ObjectFiles<Objects extends ObjectWriter> implements Store {
  readonly gathersCommits: boolean = false;
  protected readonly objects: Objects;
  readonly #copies: LocalCopies;

  constructor(objects: Objects) {
    this.objects = objects;
    this.#copies = new LocalCopies(objects);
  }

  abstract begin(kind: TransactionKind): Promise<Transaction>;
  abstract leftovers(): Promise<readonly Leftover[]>;
  abstract recover(others?: 'may-write'): Promise<void>;

  address(name?: string): string {
    return this.objects.address(name);
  }

  list(folder = ''): Promise<readonly StoreEntry[] | null> {
    return this.reading(folder, async () => {
      const found = await this.objects.listFolder(folder === '' ? '' : `${folder}/`);
      const entries = [
        ...found.folders.map((name): StoreEntry => ({ name, kind: 'folder' })),
        ...found.objects.map((name): StoreEntry => ({ name, kind: 'file' })),
      ];
      return entries.length === 0 ? null : entries;
    });
  }

  size(name: string): Promise<number | null> {
    return this.reading(name, async () => (await this.objects.head(name))?.bytes ?? null);
  }

  read(name: string): Promise<Buffer | null> {
    return this.reading(name, async () => {
      try {
        return await collect(this.objects.read(name));
      } catch (error) {
        if (error instanceof ObjectError && error.code === 'not_found') return null;
        throw error;
      }
    });
  }

  readRange(name: string, offset: number, length: number): Promise<Buffer<ArrayBuffer>> {
    return this.reading(name, () => collect(this.objects.read(name, { offset, length })));
  }

  async *stream(name: string): AsyncGenerator<Buffer> {
    try {
      for await (const piece of this.objects.read(name)) {
        yield Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      }
    } catch (error) {
      throw objectFailure('read', this.address(name), error);
    }
  }

  localPath(name: string): Promise<string> {
    return this.reading(name, () =>
      this.#copies.pathOf(name).catch((error: unknown) => {
        throw writeError(tmpdir(), error, 0);
      }),
    );
  }

  async write(name: string, text: string): Promise<void> {
    await this.writing(name, () => this.objects.put(name, Buffer.from(text)));
  }

  /** An object cannot grow, so the lines wait as an object of their own, in the order of their names. */
  append(name: string, lines: string): Promise<void> {
    appended += 1;
    const order = [Date.now(), appended].map((number) => String(number).padStart(15, '0'));
    return this.writeSoon(`${linesOf(name)}/${order.join('-')}`, lines);
  }

  async readLog(name: string): Promise<Buffer | null> {
    const parts = [name, ...(await this.#waitingLines(name))];
    const found: Buffer[] = [];
    for (const part of parts) found.push((await this.read(part)) ?? Buffer.alloc(0));
    const text = Buffer.concat(found);
    return text.length === 0 ? null : text;
  }

  async closeLog(name: string): Promise<void> {
    const parts = await this.#waitingLines(name);
    if (parts.length === 0) return;
    const lines = ((await this.readLog(name))?.toString('utf8') ?? '').split('\n');
    await this.replaceLog(name, `${[...new Set(lines)].filter((line) => line !== '').join('\n')}\n`, parts);
  }

  /** A crash in between leaves lines twice. */
  protected async replaceLog(name: string, text: string, _parts: readonly string[]): Promise<void> {
    await this.write(name, text);
    await this.removeFolder(linesOf(name));
  }

  async #waitingLines(name: string): Promise<readonly string[]> {
    const entries = (await this.list(linesOf(name))) ?? [];
    return entries.map((entry) => `${linesOf(name)}/${entry.name}`).sort();
  }

  async writeAll(files: readonly SmallFile[]): Promise<void> {
    for (const { name, text } of files) await this.write(name, text);
  }

  writeSoon(name: string, text: string): Promise<void> {
    return this.write(name, text);
  }

  remove(names: readonly string[]): Promise<void> {
    return this.writing('', () => this.objects.remove(names));
  }

  removeFolder(name: string): Promise<void> {
    return this.writing(name, async () => {
      const keys: string[] = [];
      for await (const { key } of this.objects.list(`${name}/`)) keys.push(key);
      await this.objects.remove(keys);
      // Some stores keep empty folders: a folder is an object with a slash at its end there.
      for (const folder of foldersOf(keys, name)) await this.objects.remove([`${folder}/`]);
    });
  }

  protected reading<T>(name: string, request: () => Promise<T>): Promise<T> {
    return this.#attempt('read', name, request);
  }

  protected writing<T>(name: string, request: () => Promise<T>): Promise<T> {
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

/** How often this process has appended. */
let appended = 0;

/** Folder of the lines of a log that are not in its file yet. */
const linesOf = (log: string): string => `${log}.lines`;

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const found: Uint8Array[] = [];
  for await (const piece of pieces) found.push(piece);
  return Buffer.concat(found);
}

/** All folders that the keys are in, from `top` down, sub-folders first. */
function foldersOf(keys: readonly string[], top: string): string[] {
  const folders = new Set<string>();
  const topmost = top.split('/').length;
  for (const key of keys) {
    const parts = key.split('/');
    for (let depth = parts.length - 1; depth >= topmost; depth -= 1)
      folders.add(parts.slice(0, depth).join('/'));
  }
  return [...folders].sort((a, b) => b.length - a.length);
}
