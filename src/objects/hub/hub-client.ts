import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { CommitOperation } from '@huggingface/hub';
import type { Dispatcher } from 'undici';
import { rangeOf } from '../https/answers.ts';
import { connectionFailed } from '../https/failures.ts';
import { askFor, discard } from '../https/request.ts';
import type { LocalFile } from '../interface/commits-writer.ts';
import type { OpenedObject, ReadRange } from '../interface/object-backend.ts';
import { ObjectError } from '../interface/object-error.ts';
import { ATTEMPTS, waitBefore } from '../steady/attempts.ts';
import { type HubAccess, type HubUse, hubAccess } from './hub-access.ts';
import { type HubPlace, toFileError, toHubError } from './hub-error.ts';
import { type HubModule, loadHub } from './load-hub.ts';
import { steadyFetch } from './steady-fetch.ts';

export interface HubOptions {
  readonly dispatcher: Dispatcher;
  /** The environment: `HF_TOKEN` with the file in its place, and `HF_ENDPOINT`. */
  readonly env: NodeJS.ProcessEnv;
  readonly use: HubUse;
}

/** A file or folder of a dataset. */
export interface HubEntry {
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  /** SHA-256 of a large file, or else git's digest of a small one. */
  readonly version: string | null;
  readonly isLarge: boolean;
}

/** What a commit makes of one path: another content, or nothing. */
export interface HubChange {
  readonly path: string;
  readonly content: Uint8Array | LocalFile | null;
}

/** Paths in one request. */
const PATHS_AT_ONCE = 500;

/** The requests of the hub about one dataset: by its client, but for the bytes of files. */
export class HubClient {
  readonly #place: HubPlace;
  readonly #access: HubAccess;
  readonly #dispatcher: Dispatcher;
  readonly #fetch: typeof fetch;

  constructor(place: HubPlace, { dispatcher, env, use }: HubOptions) {
    this.#place = place;
    this.#dispatcher = dispatcher;
    this.#access = hubAccess(env, use);
    this.#fetch = steadyFetch(this.#access, place, dispatcher);
  }

  /** The commit that the place's revision names now. */
  async commitId(): Promise<string> {
    const { name, revision } = this.#place;
    const { sha } = await this.#ask(({ datasetInfo }, common) =>
      datasetInfo({ ...common, name, additionalFields: ['sha'], ...(revision !== null && { revision }) }),
    );
    return sha;
  }

  /** What is in a folder, or in it and below it. Empty if there is no such folder. */
  async list(revision: string, folder: string, isRecursive: boolean): Promise<HubEntry[]> {
    return this.#ask(async ({ listFiles }, common) => {
      const found: HubEntry[] = [];
      // The client puts both into the URL as they are.
      const request = {
        ...common,
        repo: this.#repo,
        revision: encodeURIComponent(revision),
        recursive: isRecursive,
        ...(folder !== '' && { path: escaped(folder) }),
      };
      for await (const file of listFiles(request)) found.push(toEntry(file));
      return found;
    }).catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      // Says if it is the dataset or its revision that is missing.
      if (error.code === 'no_bucket') await this.commitId();
      return [];
    });
  }

  /** What is known of these paths, by path. */
  async entries(revision: string, paths: readonly string[]): Promise<ReadonlyMap<string, HubEntry>> {
    const found = new Map<string, HubEntry>();
    for (let start = 0; start < paths.length; start += PATHS_AT_ONCE) {
      const some = paths.slice(start, start + PATHS_AT_ONCE);
      const entries = await this.#ask(({ pathsInfo }, common) =>
        pathsInfo({ ...common, repo: this.#repo, revision, paths: [...some] }),
      );
      for (const entry of entries) found.set(entry.path, toEntry(entry));
    }
    return found;
  }

  /** Opens a file as it is in a revision. Rejects with `changed` if it has not the demanded version. */
  async open(
    revision: string,
    path: string,
    { offset, length, version }: ReadRange,
    signal: AbortSignal,
  ): Promise<OpenedObject> {
    const { endpoint, token } = this.#access;
    const address = `${base(endpoint)}/datasets/${this.#place.name}/resolve/${encodeURIComponent(revision)}/${escaped(path)}`;
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const isWhole = offset === 0 && length === null;
    const range = isWhole ? {} : { range: `bytes=${offset}-${length === null ? '' : offset + length - 1}` };
    const access = { dispatcher: this.#dispatcher, headers };
    const answer = await askFor(new URL(address), access, { headers: range, signal }).catch(
      (error: unknown) => {
        throw toFileError(error, this.#access);
      },
    );
    const found = versionIn(answer.ownHeaders);
    if (version !== null && found !== null && found !== version) {
      discard(answer.body);
      throw new ObjectError('changed', 'the file has changed since it was first read');
    }
    if (!isWhole && (answer.status !== 206 || (rangeOf(answer).start ?? offset) !== offset)) {
      discard(answer.body);
      throw new ObjectError('refused', 'the hub does not answer with a part of the file; check HF_ENDPOINT');
    }
    return { version: found, body: pieces(answer.body, endpoint, signal) };
  }

  /** Sends contents to the hub, where nobody sees them before a commit names them. What is there is not sent again. */
  async upload(changes: readonly HubChange[]): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      try {
        await this.#uploadOnce(changes);
        return;
      } catch (error) {
        // A link that is not valid any more; the next request gives others.
        const isLink = error instanceof ObjectError && error.code === 'changed';
        if (!isLink || failures >= ATTEMPTS) throw error;
      }
      await setTimeout(waitBefore(failures));
    }
  }

  async #uploadOnce(changes: readonly HubChange[]): Promise<void> {
    await this.#ask(async ({ commitIter }, common) => {
      const request = { ...this.#commitOf('', changes), ...common };
      for await (const event of commitIter(request)) {
        if (event.event === 'phase' && event.phase === 'committing') return;
      }
    });
  }

  /** Makes one commit, unless the branch has another commit than `parent`: then it rejects with `changed`. */
  async commit(title: string, parent: string, changes: readonly HubChange[]): Promise<void> {
    await this.#ask(({ commit }, common) =>
      commit({ ...this.#commitOf(title, changes), ...common, parentCommit: parent }),
    );
  }

  #commitOf(title: string, changes: readonly HubChange[]) {
    const { revision } = this.#place;
    return {
      title,
      repo: this.#repo,
      operations: changes.map(toOperation),
      ...(revision !== null && { branch: revision }),
      // Its own protocol for large files has no test here; the hub moves what comes as LFS to it by itself.
      useXet: false,
    };
  }

  get #repo() {
    return { type: 'dataset', name: this.#place.name } as const;
  }

  async #ask<T>(request: (hub: HubModule, common: Common) => Promise<T>): Promise<T> {
    const { endpoint, token } = this.#access;
    const common = {
      hubUrl: base(endpoint),
      ...(token !== null && { accessToken: token }),
      fetch: this.#fetch,
    };
    try {
      return await request(await loadHub(), common);
    } catch (error) {
      throw toHubError(error, this.#access, this.#place);
    }
  }
}

/** What all requests through the hub's client have in common. */
interface Common {
  readonly hubUrl: string;
  readonly accessToken?: string;
  readonly fetch: typeof fetch;
}

/** Git's digest of a file, which is the version of a small one. */
export const gitDigest = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

function toOperation({ path, content }: HubChange): CommitOperation {
  if (content === null) return { operation: 'delete', path };
  const source = content instanceof Uint8Array ? new Blob([content]) : pathToFileURL(content.path);
  return { operation: 'addOrUpdate', path, content: source };
}

function toEntry({ path, type, size, oid, lfs }: HubFile): HubEntry {
  return {
    path,
    isFolder: type === 'directory',
    bytes: lfs?.size ?? size,
    version: lfs?.oid ?? oid ?? null,
    isLarge: lfs !== undefined,
  };
}

interface HubFile {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly oid?: string | undefined;
  readonly lfs?: { readonly oid: string; readonly size: number } | undefined;
}

const base = (endpoint: URL): string => endpoint.href.replace(/\/+$/, '');
const escaped = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

const isMissing = (error: unknown): error is ObjectError =>
  error instanceof ObjectError && (error.code === 'no_bucket' || error.code === 'not_found');

/** The hub's own answer tells the digest, also if it sends on to where the bytes are. */
function versionIn(headers: Readonly<Record<string, string | string[] | undefined>>): string | null {
  const [, digest] =
    /^(?:W\/)?"?([0-9a-f]+)"?$/.exec(String(headers['x-linked-etag'] ?? headers['etag'])) ?? [];
  return digest ?? null;
}

/** The body, whose errors are ObjectErrors, too. */
async function* pieces(
  body: AsyncIterable<Uint8Array>,
  endpoint: URL,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFailed(endpoint, error);
  }
}
