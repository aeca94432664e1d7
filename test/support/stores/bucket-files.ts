import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { BlobServiceClient } from '@azure/storage-blob';
import { type StoreProgram, schemeOf } from './start-store.ts';
import type { StoreServer } from './store-server.ts';

/** The objects of a bucket as another client sees them, which shares no code with ours. */
export abstract class BucketFiles {
  /** In order. */
  abstract keys(): Promise<string[]>;
  abstract bytes(key: string): Promise<Buffer>;
  abstract openUploads(): Promise<number>;

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
}

export function openBucket(program: StoreProgram, server: StoreServer, bucket: string): BucketFiles {
  switch (schemeOf(program)) {
    case 'az':
      return new AzureFiles(server, bucket);
    case 'gs':
      return new GoogleFiles(server, bucket);
    case 'hf':
      return new HubDatasetFiles(server, bucket);
    case 's3':
      return new S3Files(server, bucket);
  }
}

export class S3Files extends BucketFiles {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor({ endpoint, env }: StoreServer, bucket: string) {
    super();
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

  async openUploads(): Promise<number> {
    const { Uploads } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket }));
    return (Uploads ?? []).length;
  }
}

class AzureFiles extends BucketFiles {
  readonly #client;

  constructor({ env }: StoreServer, bucket: string) {
    super();
    const connection = env['AZURE_STORAGE_CONNECTION_STRING'] ?? '';
    this.#client = BlobServiceClient.fromConnectionString(connection).getContainerClient(bucket);
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { name } of this.#client.listBlobsFlat()) keys.push(name);
    return keys.sort();
  }

  bytes(key: string): Promise<Buffer> {
    return this.#client.getBlobClient(key).downloadToBuffer();
  }

  /** Objects of which there are only blocks that wait, which Azure drops after a week, do not count. */
  async openUploads(): Promise<number> {
    return (await this.keys()).filter((key) => key.startsWith('.laion-fetch/uploads/')).length;
  }
}

class GoogleFiles extends BucketFiles {
  readonly #objects: string;

  constructor({ endpoint }: StoreServer, bucket: string) {
    super();
    this.#objects = `${endpoint}/storage/v1/b/${bucket}/o`;
  }

  async keys(): Promise<string[]> {
    const page = (await (await fetch(this.#objects)).json()) as { items?: { name: string }[] };
    return (page.items ?? []).map(({ name }) => name).sort();
  }

  async bytes(key: string): Promise<Buffer> {
    const answer = await fetch(`${this.#objects}/${encodeURIComponent(key)}?alt=media`);
    return Buffer.from(await answer.arrayBuffer());
  }

  async openUploads(): Promise<number> {
    return (await this.keys()).filter((key) => key.startsWith('.laion-fetch/uploads/')).length;
  }
}

class HubDatasetFiles extends BucketFiles {
  readonly #server: StoreServer;
  readonly #dataset: string;

  constructor(server: StoreServer, bucket: string) {
    super();
    this.#server = server;
    this.#dataset = bucket;
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    let next: string | undefined = `${this.#server.endpoint}/api/${this.#dataset}/tree/main?recursive=true`;
    while (next !== undefined) {
      const page = await this.#ask(next);
      const entries = (await page.json()) as { type: string; path: string }[];
      keys.push(...entries.filter(({ type }) => type === 'file').map(({ path }) => path));
      next = /<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1];
    }
    return keys.sort();
  }

  async bytes(key: string): Promise<Buffer> {
    const answer = await this.#ask(`${this.#server.endpoint}/${this.#dataset}/resolve/main/${key}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** What no commit names, nobody sees. */
  async openUploads(): Promise<number> {
    return 0;
  }

  #ask(url: string): Promise<Response> {
    return fetch(url, { headers: { authorization: `Bearer ${this.#server.env['HF_TOKEN']}` } });
  }
}
