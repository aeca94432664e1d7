import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { BlobItem, BlobRequestConditions, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
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
import { type AzureContainer, connectAzure } from './azure-client.ts';
import { toAzureError } from './azure-error.ts';

const PAGE = 1000;
/**
 * Open uploads, each an object `<folder><key>/<id>`: Azure itself lists no blocks of objects that exist. It also loses
 * the blocks of an object that is removed, so that an upload of one short part, such as statistics, waits in here.
 */
const UPLOADS = '.laion-fetch/uploads/';
/** All parts but the last are longer. */
const SHORT_BYTES = 5 << 20;
const SHORT = 'short';

/** A container of Azure Blob Storage. Parts of an upload are blocks of the object, which appear when they are committed. */
export class AzureBackend implements ObjectBackend {
  readonly removedAtOnce = 1;
  readonly #place: AzureContainer;

  constructor(place: AzureContainer) {
    this.#place = place;
  }

  address(key: string): string {
    const { container, account } = this.#place;
    return account === null
      ? `az://${container}/${key}`
      : `abfss://${container}@${account}.dfs.core.windows.net/${key}`;
  }

  listPage(prefix: string, { grouped, after }: ListOptions, abortSignal: AbortSignal): Promise<ListedPage> {
    return this.#request(async (client) => {
      const position = { maxPageSize: PAGE, ...(after === null ? {} : { continuationToken: after }) };
      const options = { prefix, includeMetadata: true, abortSignal };
      if (grouped) {
        for await (const page of client.listBlobsByHierarchy('/', options).byPage(position)) {
          return toPage(page.segment.blobItems, page.segment.blobPrefixes, page.continuationToken);
        }
      }
      for await (const page of client.listBlobsFlat(options).byPage(position)) {
        return toPage(page.segment.blobItems, [], page.continuationToken);
      }
      return { objects: [], folders: [], next: null };
    });
  }

  async head(key: string, abortSignal: AbortSignal): Promise<Omit<FoundObject, 'key'> | null> {
    try {
      return await this.#request(async (client) => {
        const found = await client.getBlobClient(key).getProperties({ abortSignal });
        return { bytes: found.contentLength ?? 0, version: found.etag ?? null };
      });
    } catch (error) {
      if (isCode(error, 'not_found')) return null;
      throw error;
    }
  }

  get(key: string, { offset, length, version }: ReadRange, abortSignal: AbortSignal): Promise<OpenedObject> {
    return this.#request(async (client) => {
      const found = await client
        .getBlobClient(key)
        .download(offset, length ?? undefined, {
          abortSignal,
          maxRetryRequests: 0,
          ...(version === null ? {} : { conditions: { ifMatch: version } }),
        })
        .catch((error: unknown) => {
          throw this.#onlyChanged(error);
        });
      const body = found.readableStreamBody as Readable | undefined;
      if (body === undefined) throw new ObjectError('temporary', 'the store has sent no body');
      // The SDK would take it for a transfer that was cut.
      if (length !== null && (found.contentLength ?? length) < length) {
        body.destroy();
        throw new ObjectError('refused', `it ends before byte ${offset + length}`);
      }
      return {
        version: found.etag ?? null,
        body: this.#pieces(body),
      };
    });
  }

  put(key: string, bytes: Uint8Array, condition: PutCondition, abortSignal: AbortSignal): Promise<string> {
    const conditions: BlobRequestConditions =
      condition === 'none'
        ? {}
        : condition === 'absent'
          ? { ifNoneMatch: '*' }
          : { ifMatch: condition.version };
    return this.#onObject(key, async (object) => {
      const { etag } = await object.upload(bytes, bytes.length, {
        blobHTTPHeaders: { blobContentMD5: md5Of(bytes) },
        conditions,
        abortSignal,
      });
      return etag ?? '';
    });
  }

  remove(keys: readonly string[], abortSignal: AbortSignal): Promise<void> {
    return this.#request(async (client) => {
      for (const key of keys) await client.getBlobClient(key).deleteIfExists({ abortSignal });
    });
  }

  async startUpload(key: string, signal: AbortSignal): Promise<string> {
    const id = randomUUID().replaceAll('-', '');
    await this.put(waitingKey({ key, id }), new Uint8Array(0), 'none', signal);
    return id;
  }

  async uploadPart(
    upload: OpenUpload,
    number: number,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<string> {
    if (number === 1 && bytes.length < SHORT_BYTES) {
      await this.put(waitingKey(upload), bytes, 'none', signal);
      return SHORT;
    }
    const block = blockOf(upload, number);
    await this.#onObject(upload.key, (object) =>
      object.stageBlock(block, bytes, bytes.length, {
        transactionalContentMD5: md5Of(bytes),
        abortSignal: signal,
      }),
    );
    return block;
  }

  async completeUpload(upload: OpenUpload, tags: readonly string[], abortSignal: AbortSignal): Promise<void> {
    if (tags[0] === SHORT) {
      const { body } = await this.get(
        waitingKey(upload),
        { offset: 0, length: null, version: null },
        abortSignal,
      );
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(piece);
      await this.put(upload.key, Buffer.concat(pieces), 'none', abortSignal);
    } else {
      await this.#onObject(upload.key, (object) => object.commitBlockList([...tags], { abortSignal }));
    }
  }

  leftBy(upload: OpenUpload): readonly string[] {
    return [waitingKey(upload)];
  }

  /** Azure itself drops blocks that nobody commits. */
  abortUpload(upload: OpenUpload, signal: AbortSignal): Promise<void> {
    return this.remove([waitingKey(upload)], signal);
  }

  async listUploads(
    prefix: string,
    after: UploadPosition | null,
    signal: AbortSignal,
  ): Promise<ListedUploads> {
    const options = { grouped: false, after: after?.key ?? null };
    const { objects, next } = await this.listPage(UPLOADS + prefix, options, signal);
    const uploads = objects.map(({ key }) => {
      const end = key.lastIndexOf('/');
      return { key: key.slice(UPLOADS.length, end), id: key.slice(end + 1) };
    });
    return { uploads, next: next === null ? null : { key: next, id: '' } };
  }

  #onObject<T>(key: string, make: (object: BlockBlobClient) => Promise<T>): Promise<T> {
    return this.#request((client) => make(client.getBlockBlobClient(key)));
  }

  async #request<T>(make: (client: ContainerClient) => Promise<T>): Promise<T> {
    try {
      return await make(await connectAzure(this.#place));
    } catch (error) {
      throw toAzureError(error, this.#place.container);
    }
  }

  /** A condition on reading is about the version. */
  #onlyChanged(error: unknown): ObjectError {
    const found = toAzureError(error, this.#place.container);
    if (found.code !== 'exists') return found;
    return new ObjectError('changed', 'the object has changed since it was first read');
  }

  /** The body, whose errors are ObjectErrors, too. */
  async *#pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw toAzureError(error, this.#place.container);
    }
  }
}

function toPage(
  found: readonly BlobItem[],
  folders: readonly { readonly name: string }[] = [],
  next: string | undefined,
): ListedPage {
  // Accounts with a hierarchical namespace list their folders as empty objects.
  const objects = found.filter(({ metadata }) => metadata?.['hdi_isfolder'] !== 'true');
  return {
    objects: objects.map(
      ({ name, properties: { contentLength, etag } }): FoundObject => ({
        key: name,
        bytes: contentLength ?? 0,
        version: etag ?? null,
      }),
    ),
    folders: folders.map(({ name }) => name),
    next: next || null,
  };
}

const waitingKey = ({ key, id }: OpenUpload): string => `${UPLOADS}${key}/${id}`;

/** Names of blocks must have the same length for all blocks of an object. */
const blockOf = ({ id }: OpenUpload, number: number): string =>
  Buffer.from(`${id}.${String(number).padStart(6, '0')}`).toString('base64');

const md5Of = (bytes: Uint8Array): Uint8Array => createHash('md5').update(bytes).digest();

const isCode = (error: unknown, code: ObjectError['code']): boolean =>
  error instanceof ObjectError && error.code === code;
