import { WebFiles } from '../https/web-files.ts';
import type { ObjectEntry, ObjectReader, ReadOptions } from '../interface/object-reader.ts';
import { hubAccess } from './hub-access.ts';
import { HubClient, type HubEntry, type HubOptions } from './hub-client.ts';
import { type HubPlace, toFileError } from './hub-error.ts';

/** One commit of a dataset: its files, read through the links that it gives out. */
interface Commit {
  readonly id: string;
  readonly files: WebFiles;
}

/**
 * The files of a dataset on the Hugging Face hub. Its revision is looked up once, so that all files are of one commit;
 * the version of a file is the digest of its content. Only names and sizes come from the hub's client.
 */
export class HubFiles implements ObjectReader {
  readonly #place: HubPlace;
  readonly #options: Omit<HubOptions, 'use'>;
  readonly #client: HubClient;
  #commit: Promise<Commit> | null = null;

  /** Keys are paths in the dataset. */
  constructor(place: HubPlace, options: Omit<HubOptions, 'use'>) {
    this.#place = place;
    this.#options = options;
    this.#client = new HubClient(place, { ...options, use: 'read' });
  }

  address(key?: string): string {
    const { name, revision } = this.#place;
    const at = revision === null ? '' : `@${encodeURIComponent(revision)}`;
    return `hf://datasets/${name}${at}${key === undefined ? '' : `/${key}`}`;
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    const { id } = await this.#open();
    const folder = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
    const found = (await this.#client.list(id, folder, true)).filter(
      ({ path, isFolder }) => !isFolder && path.startsWith(prefix),
    );
    yield* found.map(toObject).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async head(key: string): Promise<ObjectEntry | null> {
    const { id } = await this.#open();
    const found = (await this.#client.entries(id, [key])).get(key);
    return found === undefined || found.isFolder ? null : toObject(found);
  }

  async *read(key: string, { version: _, ...options }: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    const { files } = await this.#open();
    // The commit fixes the content. Links to it have ETags of their own.
    try {
      yield* files.read(key.split('/').map(encodeURIComponent).join('/'), options);
    } catch (error) {
      throw toFileError(error, hubAccess(this.#options.env, 'read'));
    }
  }

  #open(): Promise<Commit> {
    this.#commit ??= this.#findCommit();
    return this.#commit;
  }

  async #findCommit(): Promise<Commit> {
    const { dispatcher, env } = this.#options;
    const { endpoint, token } = hubAccess(env, 'read');
    const id = await this.#client.commitId();
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const base = `${endpoint.href.replace(/\/+$/, '')}/datasets/${this.#place.name}/resolve/${id}/`;
    return { id, files: new WebFiles(base, { dispatcher, headers }) };
  }
}

const toObject = ({ path, bytes, version }: HubEntry): ObjectEntry => ({ key: path, bytes, version });
