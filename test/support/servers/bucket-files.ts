import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Server } from './s3-server.ts';

/** The objects of a bucket as another client sees them, which shares no code with ours. */
export class BucketFiles {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor({ endpoint, env }: S3Server, bucket: string) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: {
        accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
      forcePathStyle: true,
    });
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for (let ContinuationToken: string | undefined; ; ) {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
      });
      const page: ListObjectsV2CommandOutput = await this.#client.send(command);
      keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
      ContinuationToken = page.NextContinuationToken;
      if (ContinuationToken === undefined) return keys.sort();
    }
  }

  async bytes(key: string): Promise<Buffer> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  /** SHA-256 of the objects below `folder/` whose names have one of these endings, by their names there. */
  async digests(folder: string, ...endings: readonly string[]): Promise<Record<string, string>> {
    const digests: Record<string, string> = {};
    for (const key of await this.keys()) {
      if (!key.startsWith(`${folder}/`) || !endings.some((ending) => key.endsWith(ending))) continue;
      const name = key.slice(folder.length + 1);
      digests[name] = createHash('sha256')
        .update(await this.bytes(key))
        .digest('hex');
    }
    return digests;
  }

  async openUploads(): Promise<number> {
    const { Uploads } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket }));
    return (Uploads ?? []).length;
  }
}
