import { createHash, randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { connectionFailed } from '../https/failures.ts';
import type {
  FoundObject,
  ListedPage,
  ListedUploads,
  ListOptions,
  ObjectBackend,
  OpenedObject,
  OpenUpload,
  PutCondition,
  ReadRange,
  UploadPosition,
} from '../interface/object-backend.ts';
import { ObjectError } from '../interface/object-error.ts';
import type { GoogleRequest } from './google-client.ts';

/** HTTP and Google's credentials are loaded only when a bucket is used. */
const loadClient = () => import('./google-client.ts');
const askGoogle = async (asked: GoogleRequest) => (await loadClient()).askGoogle(asked);
const askGoogleJson = async <T>(asked: GoogleRequest) => (await loadClient()).askGoogleJson<T>(asked);

/** Parts of open uploads, each an object `<folder><key>/<id>/<number>`. */
const UPLOADS = '.laion-fetch/uploads/';
/** Google puts so many objects together at once. */
const COMPOSED_AT_ONCE = 32;
const REQUESTS_AT_ONCE = 16;
const PAGE = 1000;
const TYPE = 'application/octet-stream';

interface ObjectResource {
  readonly name: string;
  readonly size: string;
  readonly generation: string;
}

/** An object as it was when it was stored. */
interface Source {
  readonly name: string;
  readonly generation: string;
}

/**
 * A bucket of Google Cloud Storage by its JSON API. Parts of an upload are objects of their own, which Google puts together
 * in one step, without their bytes being sent again; versions are generations.
 */
export class GoogleBackend implements ObjectBackend {
  readonly removedAtOnce = 1;
  readonly #bucket: string;

  constructor(bucket: string) {
    this.#bucket = bucket;
  }

  address(key: string): string {
    return `gs://${this.#bucket}/${key}`;
  }

  async listPage(prefix: string, { grouped, after }: ListOptions, signal: AbortSignal): Promise<ListedPage> {
    const page = await askGoogleJson<{
      readonly items?: readonly ObjectResource[];
      readonly prefixes?: readonly string[];
      readonly nextPageToken?: string;
    }>({
      method: 'GET',
      path: `storage/v1/b/${encodeURIComponent(this.#bucket)}/o`,
      query: {
        prefix,
        maxResults: String(PAGE),
        fields: 'items(name,size,generation),prefixes,nextPageToken',
        ...(grouped ? { delimiter: '/' } : {}),
        ...(after === null ? {} : { pageToken: after }),
      },
      bucket: this.#bucket,
      signal,
    }).catch((error: unknown) => {
      throw this.#noBucket(error);
    });
    return {
      objects: (page.items ?? []).map(
        ({ name, size, generation }): FoundObject => ({
          key: name,
          bytes: Number(size),
          version: generation,
        }),
      ),
      folders: page.prefixes ?? [],
      next: page.nextPageToken || null,
    };
  }

  async head(key: string, signal: AbortSignal): Promise<Omit<FoundObject, 'key'> | null> {
    try {
      const { size, generation } = await askGoogleJson<ObjectResource>(
        this.#on(key, { query: { fields: 'size,generation' }, signal }),
      );
      return { bytes: Number(size), version: generation };
    } catch (error) {
      if (isCode(error, 'not_found')) return null;
      throw error;
    }
  }

  async get(key: string, { offset, length, version }: ReadRange, signal: AbortSignal): Promise<OpenedObject> {
    const isWhole = offset === 0 && length === null;
    const range = `bytes=${offset}-${length === null ? '' : offset + length - 1}`;
    const asked = this.#on(key, {
      query: { alt: 'media', ...(version === null ? {} : { generation: version }) },
      // Objects that were stored compressed are not to be decompressed.
      headers: { 'accept-encoding': 'gzip', ...(isWhole ? {} : { range }) },
      signal,
    });
    const answer = await askGoogle(asked).catch((error: unknown) => {
      if (version === null || !isCode(error, 'not_found')) throw error;
      throw new ObjectError('changed', 'the object has changed since it was first read');
    });
    const found = answer.headers['x-goog-generation'];
    return {
      version: version ?? (found === undefined ? null : String(found)),
      body: pieces(answer.body),
    };
  }

  async put(key: string, bytes: Uint8Array, condition: PutCondition, signal: AbortSignal): Promise<string> {
    const boundary = `laion-fetch-${randomUUID()}`;
    const metadata = { name: key, contentType: TYPE, md5Hash: md5Of(bytes) };
    const head = `--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(metadata)}\r\n--${boundary}\r\ncontent-type: ${TYPE}\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    const ifGenerationMatch = condition === 'none' ? null : condition === 'absent' ? '0' : condition.version;
    const { generation } = await askGoogleJson<ObjectResource>({
      method: 'POST',
      path: `upload/storage/v1/b/${encodeURIComponent(this.#bucket)}/o`,
      query: {
        uploadType: 'multipart',
        fields: 'generation',
        ...(ifGenerationMatch === null ? {} : { ifGenerationMatch }),
      },
      headers: { 'content-type': `multipart/related; boundary=${boundary}` },
      body,
      bucket: this.#bucket,
      signal,
    }).catch((error: unknown) => {
      throw this.#noBucket(error);
    });
    return generation;
  }

  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (const key of keys) {
      try {
        const { body } = await askGoogle(this.#on(key, { method: 'DELETE', signal }));
        await body.dump();
      } catch (error) {
        if (!isCode(error, 'not_found')) throw error;
      }
    }
  }

  async startUpload(): Promise<string> {
    return randomUUID();
  }

  uploadPart(upload: OpenUpload, number: number, bytes: Uint8Array, signal: AbortSignal): Promise<string> {
    return this.put(partKey(upload, number), bytes, 'none', signal);
  }

  async completeUpload(upload: OpenUpload, tags: readonly string[], signal: AbortSignal): Promise<void> {
    const parts = tags.map((generation, index): Source => ({ name: partKey(upload, index + 1), generation }));
    try {
      await this.#compose(upload.key, await this.#toFew(upload, parts, signal), signal);
    } catch (error) {
      const found = new Set((await this.#partsOf(upload, signal)).map(({ name }) => name));
      if (parts.every(({ name }) => found.has(name))) throw error;
      // Another has completed it, or has begun to remove what it left.
      throw new ObjectError('not_found', 'there is no such upload');
    }
  }

  leftBy(upload: OpenUpload, tags: readonly string[]): readonly string[] {
    const names = tags.map((_, index) => partKey(upload, index + 1));
    for (let [level, count] = [1, tags.length]; count > COMPOSED_AT_ONCE; level += 1) {
      count = Math.ceil(count / COMPOSED_AT_ONCE);
      for (let index = 0; index < count; index += 1) names.push(betweenKey(upload, level, index));
    }
    return names;
  }

  async abortUpload(upload: OpenUpload, signal: AbortSignal): Promise<void> {
    const parts = await this.#partsOf(upload, signal);
    await this.remove(
      parts.map(({ name }) => name),
      signal,
    );
  }

  async listUploads(
    prefix: string,
    after: UploadPosition | null,
    signal: AbortSignal,
  ): Promise<ListedUploads> {
    const options = { grouped: false, after: after?.key ?? null };
    const { objects, next } = await this.listPage(UPLOADS + prefix, options, signal);
    const found = new Map<string, OpenUpload>();
    for (const { key } of objects) {
      const [, name, id] = /^(.+)\/([^/]+)\/[^/]+$/s.exec(key.slice(UPLOADS.length)) ?? [];
      if (name !== undefined && id !== undefined) found.set(id, { key: name, id });
    }
    return { uploads: [...found.values()], next: next === null ? null : { key: next, id: '' } };
  }

  /** Puts parts together until they are few enough for the last step. */
  async #toFew(
    upload: OpenUpload,
    parts: readonly Source[],
    signal: AbortSignal,
  ): Promise<readonly Source[]> {
    let rest = parts;
    for (let level = 1; rest.length > COMPOSED_AT_ONCE; level += 1) {
      const groups: (readonly Source[])[] = [];
      for (let start = 0; start < rest.length; start += COMPOSED_AT_ONCE) {
        groups.push(rest.slice(start, start + COMPOSED_AT_ONCE));
      }
      rest = await pLimit(REQUESTS_AT_ONCE).map(groups, (group, index) =>
        this.#compose(betweenKey(upload, level, index), group, signal),
      );
    }
    return rest;
  }

  async #compose(key: string, sourceObjects: readonly Source[], signal: AbortSignal): Promise<Source> {
    const { generation } = await askGoogleJson<ObjectResource>(
      this.#on(key, {
        method: 'POST',
        action: '/compose',
        query: { fields: 'generation' },
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sourceObjects, destination: { contentType: TYPE } }),
        signal,
      }),
    );
    return { name: key, generation };
  }

  async #partsOf(upload: OpenUpload, signal: AbortSignal): Promise<readonly { name: string }[]> {
    const found: { name: string }[] = [];
    for (let after: string | null = null; ; ) {
      const options = { grouped: false, after };
      const page: ListedPage = await this.listPage(folderOf(upload), options, signal);
      found.push(...page.objects.map(({ key }) => ({ name: key })));
      if (page.next === null) return found;
      after = page.next;
    }
  }

  #on(
    key: string,
    asked: Partial<GoogleRequest> & { readonly signal: AbortSignal; readonly action?: string },
  ): GoogleRequest {
    const { action = '', ...rest } = asked;
    const path = `storage/v1/b/${encodeURIComponent(this.#bucket)}/o/${encodeURIComponent(key)}${action}`;
    return { method: 'GET', ...rest, path, bucket: this.#bucket };
  }

  /** A request that names no object can only lack its bucket. */
  #noBucket(error: unknown): unknown {
    if (!isCode(error, 'not_found')) return error;
    return new ObjectError('no_bucket', `there is no bucket '${this.#bucket}'; create it, or name another`);
  }
}

const folderOf = ({ key, id }: OpenUpload): string => `${UPLOADS}${key}/${id}/`;
const partKey = (upload: OpenUpload, number: number): string =>
  folderOf(upload) + String(number).padStart(6, '0');

const betweenKey = (upload: OpenUpload, level: number, index: number): string =>
  `${folderOf(upload)}${level}-${index}`;

const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64');

/** The body, whose errors are ObjectErrors, too. */
async function* pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw connectionFailed(new URL('https://storage.googleapis.com'), error);
  }
}

const isCode = (error: unknown, code: ObjectError['code']): boolean =>
  error instanceof ObjectError && error.code === code;
