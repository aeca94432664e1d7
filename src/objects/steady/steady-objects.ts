import pLimit from 'p-limit';
import type {
  ListedPage,
  ListedUploads,
  ObjectBackend,
  OpenUpload,
  PutCondition,
} from '../interface/object-backend.ts';
import { ObjectError } from '../interface/object-error.ts';
import type { ObjectEntry, ReadOptions } from '../interface/object-reader.ts';
import type { ListedFolder } from '../interface/object-writer.ts';
import type { PartsWriter } from '../interface/parts-writer.ts';
import { withAttempts } from './attempts.ts';
import { readSteadily } from './read-steadily.ts';

/** For requests without much of a body. */
const SMALL_MS = 30_000;
/** For a part of some megabytes, also through a slow line. Completing an upload can take minutes with some stores. */
const LARGE_MS = 300_000;
/** Requests under way at once. */
const CONCURRENCY = 16;

/**
 * The objects of one location, whatever kind of store has them: requests are repeated with growing, random pauses, end
 * after a time-out and are bounded in number.
 */
export class SteadyObjects implements PartsWriter {
  readonly #backend: ObjectBackend;
  /** Of every key: empty, or with a slash at its end. */
  readonly #base: string;
  readonly #limit = pLimit(CONCURRENCY);

  constructor(backend: ObjectBackend, base: string) {
    this.#backend = backend;
    this.#base = base;
  }

  address(key?: string): string {
    return key === undefined
      ? this.#backend.address(this.#base).replace(/\/$/, '')
      : this.#backend.address(this.#base + key);
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    for await (const { objects } of this.#pages(prefix, false)) {
      for (const { key, bytes, version } of objects) yield { key: this.#below(key), bytes, version };
    }
  }

  async listFolder(folder: string): Promise<ListedFolder> {
    const found = { objects: [] as string[], folders: [] as string[] };
    const start = (this.#base + folder).length;
    for await (const { objects, folders } of this.#pages(folder, true)) {
      // Some programs make folders visible by an empty object with a slash at its end.
      found.objects.push(...objects.map(({ key }) => key.slice(start)).filter((name) => name !== ''));
      found.folders.push(...folders.map((name) => name.slice(start, -1)));
    }
    return found;
  }

  async head(key: string): Promise<ObjectEntry | null> {
    const found = await this.#small((signal) => this.#backend.head(this.#base + key, signal));
    return found && { key, ...found };
  }

  read(key: string, options: ReadOptions = {}): AsyncIterable<Uint8Array> {
    const { offset = 0, length = null, version = null, signal = null } = options;
    return readSteadily(
      (range, stop) => this.#limit(() => this.#backend.get(this.#base + key, range, stop)),
      { offset, length, version },
      signal,
    );
  }

  put(key: string, bytes: Uint8Array, condition: PutCondition = 'none'): Promise<void> {
    const full = this.#base + key;
    return this.#limit(() =>
      withAttempts(LARGE_MS, async (attempt, signal) => {
        try {
          await this.#backend.put(full, bytes, condition, signal);
        } catch (error) {
          // An earlier attempt may have succeeded although its answer was lost.
          if (attempt === 0 || !isCode(error, 'exists')) throw error;
          if (!(await this.#holds(full, bytes, signal))) throw error;
        }
      }),
    );
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#removeFull(keys.map((key) => this.#base + key));
  }

  async startUpload(key: string): Promise<OpenUpload> {
    const id = await this.#small((signal) => this.#backend.startUpload(this.#base + key, signal));
    return { key, id };
  }

  uploadPart(upload: OpenUpload, number: number, bytes: Uint8Array): Promise<string> {
    return this.#large((signal) => this.#backend.uploadPart(this.#full(upload), number, bytes, signal));
  }

  async completeUpload(upload: OpenUpload, tags: readonly string[]): Promise<boolean> {
    const full = this.#full(upload);
    try {
      await this.#large((signal) => this.#backend.completeUpload(full, tags, signal));
    } catch (error) {
      if (!isCode(error, 'not_found')) throw error;
      // What another has left.
      if (this.#backend.leftBy(full, tags).length > 0) await this.abortUpload(upload);
      return false;
    }
    await this.#removeFull(this.#backend.leftBy(full, tags));
    return true;
  }

  abortUpload(upload: OpenUpload): Promise<void> {
    return this.#small((signal) => this.#backend.abortUpload(this.#full(upload), signal));
  }

  async openUploads(prefix: string): Promise<readonly OpenUpload[]> {
    const found: OpenUpload[] = [];
    for (let after: OpenUpload | null = null; ; ) {
      const position: OpenUpload | null = after;
      const page: ListedUploads = await this.#small((signal) =>
        this.#backend.listUploads(this.#base + prefix, position, signal),
      );
      found.push(...page.uploads.map(({ key, id }) => ({ key: this.#below(key), id })));
      if (page.next === null) return found;
      after = page.next;
    }
  }

  async *#pages(prefix: string, grouped: boolean): AsyncGenerator<ListedPage> {
    for (let after: string | null = null; ; ) {
      const options = { grouped, after };
      const page: ListedPage = await this.#small((signal) =>
        this.#backend.listPage(this.#base + prefix, options, signal),
      );
      yield page;
      if (page.next === null) return;
      after = page.next;
    }
  }

  /** Whether an object has these bytes. */
  async #holds(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const { body } = await this.#backend.get(key, { offset: 0, length: null, version: null }, signal);
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    return Buffer.concat(pieces).equals(bytes);
  }

  async #removeFull(keys: readonly string[]): Promise<void> {
    const { removedAtOnce } = this.#backend;
    const groups: (readonly string[])[] = [];
    for (let start = 0; start < keys.length; start += removedAtOnce) {
      groups.push(keys.slice(start, start + removedAtOnce));
    }
    await Promise.all(groups.map((group) => this.#small((signal) => this.#backend.remove(group, signal))));
  }

  #full({ key, id }: OpenUpload): OpenUpload {
    return { key: this.#base + key, id };
  }

  #below(key: string): string {
    return key.slice(this.#base.length);
  }

  #small<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#limit(() => withAttempts(SMALL_MS, (_, signal) => request(signal)));
  }

  #large<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#limit(() => withAttempts(LARGE_MS, (_, signal) => request(signal)));
  }
}

const isCode = (error: unknown, code: ObjectError['code']): boolean =>
  error instanceof ObjectError && error.code === code;
