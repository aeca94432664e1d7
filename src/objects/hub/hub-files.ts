import { type Dispatcher, fetch as undiciFetch } from 'undici';
import { WebFiles } from '../https/web-files.ts';
import { ObjectError } from '../interface/object-error.ts';
import type { ObjectEntry, ObjectReader, ReadOptions } from '../interface/object-reader.ts';
import { withAttempts } from '../steady/attempts.ts';
import { type HubAccess, toFileError, toHubError } from './hub-error.ts';
import type { HubLocation } from './hub-location.ts';
import { type HubModule, loadHub } from './load-hub.ts';

const REQUEST_MS = 20_000;
/** For all pages of a listing. */
const LIST_MS = 600_000;

export interface HubOptions {
  readonly dispatcher: Dispatcher;
  /** The environment: `HF_TOKEN` and `HF_ENDPOINT` are used. */
  readonly env: NodeJS.ProcessEnv;
}

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
  readonly #location: HubLocation;
  readonly #access: HubAccess;
  readonly #dispatcher: Dispatcher;
  #commit: Promise<Commit> | null = null;

  /** The path of `location` is not used: keys are paths in the dataset. */
  constructor(location: HubLocation, { dispatcher, env }: HubOptions) {
    this.#location = location;
    this.#dispatcher = dispatcher;
    this.#access = { endpoint: endpointOf(env), token: tokenOf(env) };
  }

  address(key?: string): string {
    const { name, revision } = this.#location;
    const at = revision === null ? '' : `@${encodeURIComponent(revision)}`;
    return `hf://datasets/${name}${at}${key === undefined ? '' : `/${key}`}`;
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    const { id: revision } = await this.#open();
    const path = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
    const found = await this.#ask(LIST_MS, async ({ listFiles }, common) => {
      const entries: ObjectEntry[] = [];
      const request = {
        ...common,
        repo: this.#repo,
        revision,
        recursive: true,
        ...(path !== '' && { path }),
      };
      for await (const file of listFiles(request)) {
        if (file.type === 'file' && file.path.startsWith(prefix)) entries.push(toEntry(file));
      }
      return entries;
    }).catch((error: unknown) => {
      // The dataset and the commit are there, so that it is the folder that is not.
      if (error instanceof ObjectError && error.code === 'no_bucket') return [];
      throw error;
    });
    yield* found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async head(key: string): Promise<ObjectEntry | null> {
    const { id: revision } = await this.#open();
    const found = await this.#ask(REQUEST_MS, ({ pathsInfo }, common) =>
      pathsInfo({ ...common, repo: this.#repo, revision, paths: [key] }),
    );
    const file = found.find(({ path, type }) => path === key && type === 'file');
    return file === undefined ? null : toEntry(file);
  }

  async *read(key: string, { version: _, ...options }: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    const { files } = await this.#open();
    // The commit fixes the content. Links to it have ETags of their own.
    try {
      yield* files.read(key.split('/').map(encodeURIComponent).join('/'), options);
    } catch (error) {
      throw toFileError(error, this.#access);
    }
  }

  get #repo() {
    return { type: 'dataset', name: this.#location.name } as const;
  }

  #open(): Promise<Commit> {
    this.#commit ??= this.#findCommit();
    return this.#commit;
  }

  async #findCommit(): Promise<Commit> {
    const { name, revision } = this.#location;
    const { endpoint, token } = this.#access;
    const { sha } = await this.#ask(REQUEST_MS, ({ datasetInfo }, common) =>
      datasetInfo({ ...common, name, additionalFields: ['sha'], ...(revision !== null && { revision }) }),
    );
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const base = `${endpoint.href.replace(/\/+$/, '')}/datasets/${name}/resolve/${sha}/`;
    return { id: sha, files: new WebFiles(base, { dispatcher: this.#dispatcher, headers }) };
  }

  #ask<T>(
    timeoutMs: number,
    request: (hub: HubModule, common: ReturnType<typeof commonOf>) => Promise<T>,
  ): Promise<T> {
    return withAttempts(timeoutMs, async (_, signal) => {
      try {
        return await request(await loadHub(), commonOf(this.#access, this.#dispatcher, signal));
      } catch (error) {
        throw toHubError(error, this.#access);
      }
    });
  }
}

/** What all requests through the hub's client have in common. */
function commonOf({ endpoint, token }: HubAccess, dispatcher: Dispatcher, signal: AbortSignal) {
  const ask = (url: string, init: Parameters<typeof undiciFetch>[1]) =>
    undiciFetch(url, { ...init, dispatcher, signal });
  return {
    hubUrl: endpoint.href.replace(/\/+$/, ''),
    ...(token !== null && { accessToken: token }),
    fetch: ask as unknown as typeof fetch,
  };
}

function endpointOf(env: NodeJS.ProcessEnv): URL {
  const text = env['HF_ENDPOINT'] || 'https://huggingface.co';
  try {
    return new URL(text);
  } catch {
    throw new ObjectError(
      'refused',
      `HF_ENDPOINT is '${text}'; expected a URL such as https://huggingface.co`,
    );
  }
}

/** The hub's client refuses other tokens. */
function tokenOf(env: NodeJS.ProcessEnv): string | null {
  const token = env['HF_TOKEN']?.trim() || null;
  if (token === null || token.startsWith('hf_')) return token;
  throw new ObjectError('credentials', 'HF_TOKEN does not begin with hf_; set it to a token of the hub');
}

function toEntry({ path, size, oid, lfs }: HubFile): ObjectEntry {
  return { key: path, bytes: lfs?.size ?? size, version: lfs?.oid ?? oid ?? null };
}

interface HubFile {
  readonly path: string;
  readonly size: number;
  readonly oid?: string | undefined;
  readonly lfs?: { readonly oid: string; readonly size: number } | undefined;
}
