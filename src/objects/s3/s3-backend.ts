import { crc32 } from 'node:zlib';
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
import { connectS3, type S3Connection } from './s3-client.ts';
import { toObjectError } from './s3-error.ts';

/** A bucket of Amazon's S3 or of any store that speaks its protocol. */
export class S3Backend implements ObjectBackend {
  readonly removedAtOnce = 1000;
  readonly #bucket: string;

  constructor(bucket: string) {
    this.#bucket = bucket;
  }

  address(key: string): string {
    return `s3://${this.#bucket}/${key}`;
  }

  listPage(prefix: string, { grouped, after }: ListOptions, abortSignal: AbortSignal): Promise<ListedPage> {
    return this.#request(async ({ sdk, client }) => {
      const page = await client.send(
        new sdk.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          ...(grouped ? { Delimiter: '/' } : {}),
          ...(after === null ? {} : { ContinuationToken: after }),
        }),
        { abortSignal },
      );
      return {
        objects: (page.Contents ?? []).map(
          ({ Key, Size, ETag }): FoundObject => ({ key: Key ?? '', bytes: Size ?? 0, version: ETag ?? null }),
        ),
        folders: (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []),
        next: page.IsTruncated === true ? (page.NextContinuationToken ?? null) : null,
      };
    });
  }

  async head(key: string, abortSignal: AbortSignal): Promise<Omit<FoundObject, 'key'> | null> {
    try {
      return await this.#request(async ({ sdk, client }) => {
        const found = await client.send(new sdk.HeadObjectCommand(this.#object(key)), { abortSignal });
        return { bytes: found.ContentLength ?? 0, version: found.ETag ?? null };
      });
    } catch (error) {
      if (error instanceof ObjectError && error.code === 'not_found') return null;
      // The answer to HEAD has no body that could say why.
      const isUnexplained = error instanceof ObjectError && error.code === 'denied';
      if (isUnexplained) await this.#explain(key, abortSignal);
      throw error;
    }
  }

  get(key: string, { offset, length, version }: ReadRange, abortSignal: AbortSignal): Promise<OpenedObject> {
    return this.#request(async ({ sdk, client }) => {
      const isWhole = offset === 0 && length === null;
      const Range = `bytes=${offset}-${length === null ? '' : offset + length - 1}`;
      const condition = version === null ? {} : { IfMatch: version };
      const found = await client
        .send(
          new sdk.GetObjectCommand({ ...this.#object(key), ...condition, ...(isWhole ? {} : { Range }) }),
          { abortSignal },
        )
        .catch((error: unknown) => {
          throw onlyChanged(toObjectError(error, this.#bucket));
        });
      if (found.Body === undefined) throw new ObjectError('temporary', 'the store has sent no body');
      return { version: found.ETag ?? null, body: this.#pieces(found.Body as AsyncIterable<Uint8Array>) };
    });
  }

  put(key: string, bytes: Uint8Array, condition: PutCondition, abortSignal: AbortSignal): Promise<string> {
    return this.#request(async ({ sdk, client }) => {
      const stored = await client.send(
        new sdk.PutObjectCommand({
          ...this.#object(key),
          Body: bytes,
          ChecksumCRC32: checksumOf(bytes),
          ...(condition === 'absent' ? { IfNoneMatch: '*' } : {}),
          ...(typeof condition === 'object' ? { IfMatch: condition.version } : {}),
        }),
        { abortSignal },
      );
      return stored.ETag ?? '';
    });
  }

  remove(keys: readonly string[], abortSignal: AbortSignal): Promise<void> {
    return this.#request(async ({ sdk, client }) => {
      const [key] = keys;
      if (key === undefined) return;
      if (keys.length === 1) {
        await client.send(new sdk.DeleteObjectCommand(this.#object(key)), { abortSignal });
        return;
      }
      const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
      const { Errors } = await client.send(new sdk.DeleteObjectsCommand({ Bucket: this.#bucket, Delete }), {
        abortSignal,
      });
      for (const { Code } of Errors ?? []) if (Code !== 'NoSuchKey') throw { name: Code };
    }).catch((error: unknown) => {
      if (!(error instanceof ObjectError) || error.code !== 'not_found') throw error;
    });
  }

  startUpload(key: string, abortSignal: AbortSignal): Promise<string> {
    return this.#request(async ({ sdk, client }) => {
      const command = new sdk.CreateMultipartUploadCommand({
        ...this.#object(key),
        ChecksumAlgorithm: 'CRC32',
      });
      const { UploadId } = await client.send(command, { abortSignal });
      if (UploadId === undefined) throw new ObjectError('temporary', 'the store has sent no id of an upload');
      return UploadId;
    });
  }

  uploadPart(
    upload: OpenUpload,
    number: number,
    bytes: Uint8Array,
    abortSignal: AbortSignal,
  ): Promise<string> {
    return this.#request(async ({ sdk, client }) => {
      const command = new sdk.UploadPartCommand({
        ...this.#upload(upload),
        PartNumber: number,
        Body: bytes,
        ChecksumCRC32: checksumOf(bytes),
      });
      const { ETag } = await client.send(command, { abortSignal });
      if (ETag === undefined) throw new ObjectError('temporary', 'the store has sent no tag of a part');
      // The checksum is asked for again when the parts are put together.
      return `${ETag} ${checksumOf(bytes)}`;
    });
  }

  completeUpload(upload: OpenUpload, tags: readonly string[], abortSignal: AbortSignal): Promise<void> {
    return this.#request(async ({ sdk, client }) => {
      const Parts = tags.map((tag, index) => {
        const [ETag = '', ChecksumCRC32 = ''] = tag.split(' ');
        return { ETag, ChecksumCRC32, PartNumber: index + 1 };
      });
      const command = new sdk.CompleteMultipartUploadCommand({
        ...this.#upload(upload),
        MultipartUpload: { Parts },
      });
      await client.send(command, { abortSignal });
    });
  }

  leftBy(): readonly string[] {
    return [];
  }

  abortUpload(upload: OpenUpload, abortSignal: AbortSignal): Promise<void> {
    return this.#request(async ({ sdk, client }) => {
      await client.send(new sdk.AbortMultipartUploadCommand(this.#upload(upload)), { abortSignal });
    }).catch((error: unknown) => {
      if (!(error instanceof ObjectError) || error.code !== 'not_found') throw error;
    });
  }

  listUploads(
    prefix: string,
    after: UploadPosition | null,
    abortSignal: AbortSignal,
  ): Promise<ListedUploads> {
    return this.#request(async ({ sdk, client }) => {
      const command = new sdk.ListMultipartUploadsCommand({
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(after === null ? {} : { KeyMarker: after.key, UploadIdMarker: after.id }),
      });
      const page = await client.send(command, { abortSignal });
      const next = { key: page.NextKeyMarker ?? '', id: page.NextUploadIdMarker ?? '' };
      return {
        uploads: (page.Uploads ?? []).flatMap(({ Key: key, UploadId: id }) =>
          key === undefined || id === undefined ? [] : [{ key, id }],
        ),
        next: page.IsTruncated === true && next.key !== '' ? next : null,
      };
    });
  }

  /** Throws what the store has against a request for an object; resolves if it has nothing, or finds none. */
  async #explain(key: string, signal: AbortSignal): Promise<void> {
    try {
      const { body } = await this.get(key, { offset: 0, length: 1, version: null }, signal);
      for await (const _ of body) break;
    } catch (error) {
      if (!(error instanceof ObjectError && error.code === 'not_found')) throw error;
    }
  }

  #object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: key };
  }

  #upload({ key, id }: OpenUpload): { Bucket: string; Key: string; UploadId: string } {
    return { ...this.#object(key), UploadId: id };
  }

  async #request<T>(make: (connection: S3Connection) => Promise<T>): Promise<T> {
    try {
      return await make(await connectS3());
    } catch (error) {
      throw toObjectError(error, this.#bucket);
    }
  }

  /** The body, whose errors are ObjectErrors, too. */
  async *#pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw toObjectError(error, this.#bucket);
    }
  }
}

/** A condition on reading is about the version. */
function onlyChanged(error: ObjectError): ObjectError {
  if (error.code !== 'exists') return error;
  return new ObjectError('changed', 'the object has changed since it was first read');
}

/** CRC-32, big-endian, in Base64, as S3 wants it. */
function checksumOf(bytes: Uint8Array): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}
