import type { Changes, CommitsWriter } from '../interface/commits-writer.ts';
import type { PutCondition } from '../interface/object-backend.ts';
import { ObjectError } from '../interface/object-error.ts';
import type { ObjectEntry, ReadOptions } from '../interface/object-reader.ts';
import type { ListedFolder } from '../interface/object-writer.ts';
import { readSteadily } from '../steady/read-steadily.ts';
import type { HubBranch } from './hub-branch.ts';
import type { HubEntry } from './hub-client.ts';
import type { HubPlace } from './hub-error.ts';

/** A branch of a dataset and a folder in it; the path is empty for all of it. */
interface HubFolder extends HubPlace {
  readonly path: string;
}

/** Larger files are sent before their commit waits for its turn. */
const LARGE_BYTES = 1 << 20;
/** Files that one commit removes. */
const REMOVED_AT_ONCE = 1000;
const MAIN = 'main';

/**
 * The files of a branch of a dataset on the Hugging Face hub, to be read and written. Every change is a commit; what was
 * sent before that, nobody sees, and the hub drops what no commit names.
 */
export class HubObjects implements CommitsWriter {
  readonly #place: HubFolder;
  /** Of every key: empty, or with a slash at its end. */
  readonly #base: string;

  /** Makes no request. */
  constructor(place: HubFolder) {
    this.#place = place;
    this.#base = place.path === '' ? '' : `${place.path}/`;
  }

  address(key?: string): string {
    const { name, revision, path } = this.#place;
    const at = revision === null ? '' : `@${encodeURIComponent(revision)}`;
    const full = key === undefined ? path : this.#base + key;
    return `hf://datasets/${name}${at}${full === '' ? '' : `/${full}`}`;
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    const full = this.#base + prefix;
    const folder = full.slice(0, Math.max(0, full.lastIndexOf('/')));
    const found = await (await this.#branch()).client.list(this.#revision, folder, true);
    const files = found.filter(({ path, isFolder }) => !isFolder && path.startsWith(full));
    for (const file of files.sort((a, b) => (a.path < b.path ? -1 : 1))) yield this.#toEntry(file);
  }

  async listFolder(folder: string): Promise<ListedFolder> {
    const full = (this.#base + folder).replace(/\/$/, '');
    const found = await (await this.#branch()).client.list(this.#revision, full, false);
    const names = (isFolder: boolean): string[] =>
      found
        .filter((entry) => entry.isFolder === isFolder)
        .map(({ path }) => path.slice(full === '' ? 0 : full.length + 1));
    return { objects: names(false), folders: names(true) };
  }

  async head(key: string): Promise<ObjectEntry | null> {
    const path = this.#base + key;
    const found = (await (await this.#branch()).client.entries(this.#revision, [path])).get(path);
    return found === undefined || found.isFolder ? null : this.#toEntry(found);
  }

  read(key: string, options: ReadOptions = {}): AsyncIterable<Uint8Array> {
    const { offset = 0, length = null, version = null, signal = null } = options;
    const path = this.#base + key;
    return readSteadily(
      async (range, stop) => (await this.#branch()).client.open(this.#revision, path, range, stop),
      { offset, length, version },
      signal,
    );
  }

  put(key: string, bytes: Uint8Array, condition: PutCondition = 'none'): Promise<void> {
    const changes = { files: [{ key, content: bytes }], removed: [] };
    return this.commit(condition === 'none' ? changes : { ...changes, condition: { key, is: condition } });
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += REMOVED_AT_ONCE) {
      await this.commit({ files: [], removed: keys.slice(start, start + REMOVED_AT_ONCE) });
    }
  }

  async commit({ files, removed, condition }: Changes): Promise<void> {
    const { revision } = this.#place;
    if (revision !== null && /^[0-9a-f]{40}$/.test(revision)) {
      throw new ObjectError(
        'refused',
        `'${revision}' is a commit, which cannot be written to; name a branch`,
      );
    }
    const { client, queue } = await this.#branch();
    const full = files.map(({ key, content }) => ({ key: this.#base + key, content }));
    const large = full.filter(
      ({ content }) => !(content instanceof Uint8Array) && content.bytes >= LARGE_BYTES,
    );
    if (large.length > 0) await client.upload(large.map(({ key, content }) => ({ path: key, content })));
    await queue.commit({
      files: full,
      removed: removed.map((key) => this.#base + key),
      ...(condition !== undefined && { condition: { ...condition, key: this.#base + condition.key } }),
    });
  }

  async putWithNext(key: string, bytes: Uint8Array): Promise<void> {
    const { queue } = await this.#branch();
    queue.commitLater(this.#base + key, bytes);
  }

  get #revision(): string {
    return this.#place.revision ?? MAIN;
  }

  /** HTTP is loaded only when a dataset of the hub is used. */
  async #branch(): Promise<HubBranch> {
    const { openBranch } = await import('./hub-branch.ts');
    return openBranch(this.#place);
  }

  #toEntry({ path, bytes, version }: HubEntry): ObjectEntry {
    return { key: path.slice(this.#base.length), bytes, version };
  }
}
