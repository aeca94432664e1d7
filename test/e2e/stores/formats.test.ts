import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { digestFiles, readMetadata } from '../../support/command/read-dataset.ts';
import { S3Files } from '../../support/stores/bucket-files.ts';
import { lendEnvironment } from '../../support/stores/lend-environment.ts';
import { hasS3Program, startS3Server } from '../../support/stores/s3-server.ts';
import type { StoreServer } from '../../support/stores/store-server.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

// Decoders and threads run what was built.
const BUILT = new URL('../../../dist/index.js', import.meta.url).href;
const { download, verify } = (await import(BUILT)) as typeof import('../../../src/index.ts');
const isInstalled = (await hasS3Program('moto')) || process.env['CI'] !== undefined;

describe.skipIf(!isInstalled)('a dataset in S3', () => {
  let server: StoreServer;
  let restore = () => {};
  beforeAll(async () => {
    server = await startS3Server('moto');
    restore = lendEnvironment(server.env);
  });
  afterAll(async () => {
    restore();
    await server.stop();
  });

  /** Sixteen images in two shards, to a folder and to a bucket. */
  async function useBoth(format: object) {
    const { box, folder, writeIndex } = await useWeb({
      hosts: { 'a.example': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } } } } },
    });
    const index = await writeIndex(
      Array.from({ length: 16 }, (_, i) => [box.url('a.example', `/${i}`), `row ${i}`] as const),
    );
    const bucket = await server.newBucket();
    const places = { local: join(folder, 'dataset'), store: `s3://${bucket}/dataset` };
    const reach = { resolver: [box.dns], allowPrivate: ['127.0.0.0/8'], scratch: join(folder, 'scratch') };
    const write = (output: string) =>
      download({ index, output, decoders: 1, numberSamplePerShard: 8, ...reach, ...format });
    for (const place of Object.values(places)) expect(await write(place)).toMatchObject({ ok: true });
    return { ...places, bucket, write, files: new S3Files(server, bucket) };
  }

  /** The dataset of a bucket in a new folder. */
  async function copyOf(files: S3Files): Promise<string> {
    const folder = await useTempFolder();
    for (const key of await files.keys()) {
      const path = join(folder, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await files.bytes(key));
    }
    return join(folder, 'dataset');
  }

  const rowsOf = async (folder: string) =>
    (await readMetadata(folder)).map(({ fetched_at: _, ...row }) => row);

  test.each([
    ['parquet', '.none', { outputFormat: 'parquet' }],
    ['tfrecord', '.tfrecord', { outputFormat: 'tfrecord' }],
    ['mds', '.mds', { outputFormat: 'mds' }],
    ['webdataset in parts', '.tar', { maxShardBytes: 20_000 }],
    ['tfrecord in parts', '.tfrecord', { outputFormat: 'tfrecord', maxShardBytes: 3000 }],
  ] as const)(
    'is that of a folder: %s',
    async (_, ending, format) => {
      const { local, store, files } = await useBoth(format);
      const copy = await copyOf(files);
      const names = (await readdir(copy)).filter((name) => !name.startsWith('.'));
      expect(names.sort()).toEqual((await readdir(local)).filter((name) => !name.startsWith('.')).sort());
      expect(digestFiles(copy, ending)).toEqual(digestFiles(local, ending));
      if ('maxShardBytes' in format) {
        expect(Object.keys(digestFiles(copy, ending)).length).toBeGreaterThan(2);
      }
      expect(await rowsOf(copy)).toEqual(await rowsOf(local));
      expect(await verify({ output: store, deep: true })).toMatchObject({ ok: true });
      expect(await files.openUploads()).toBe(0);
    },
    120_000,
  );

  test('is repaired and made whole again', async () => {
    const { local, store, files, bucket, write } = await useBoth({ outputFormat: 'tfrecord' });
    const name = '00001.tfrecord';
    const damaged = (await readFile(join(local, name))).subarray(0, -9);
    const client = new S3Client({ endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `dataset/${name}`, Body: damaged }));
    client.destroy();
    expect(await verify({ output: store })).toMatchObject({ ok: false });
    await verify({ output: store, repair: true });
    expect(await write(store)).toMatchObject({ ok: true, shardsBefore: 1 });
    expect(await verify({ output: store })).toMatchObject({ ok: true });
    expect(await files.digests('dataset', '.tfrecord')).toEqual(digestFiles(local, '.tfrecord'));
    expect(await files.openUploads()).toBe(0);
  }, 120_000);
});
