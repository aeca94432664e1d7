import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { remove } from '../../../src/run/remove.ts';
import { changingOwners } from '../../support/box/changing-owners.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { digestFiles, readMetadata } from '../../support/command/read-dataset.ts';
import { S3Files } from '../../support/stores/bucket-files.ts';
import { lendEnvironment } from '../../support/stores/lend-environment.ts';
import { hasS3Program, startS3Server } from '../../support/stores/s3-server.ts';
import type { StoreServer } from '../../support/stores/store-server.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

// Decoders run what was built.
const BUILT = new URL('../../../dist/index.js', import.meta.url).href;
const { download, recheck, verify } = (await import(BUILT)) as typeof import('../../../src/index.ts');
const isInstalled = (await hasS3Program('moto')) || process.env['CI'] !== undefined;

/** Beside webdataset and Parquet, whose tests are beside this one. */
const FORMATS = [
  ['webdataset in parts', { maxShardBytes: 4_000 }],
  ['files', { outputFormat: 'files' }],
  ['tfrecord', { outputFormat: 'tfrecord' }],
  ['mds', { outputFormat: 'mds' }],
] as const;

/** A dataset of three shards, of which owners then refuse five samples. */
async function useDataset(output: string | null, format: object) {
  const owners = changingOwners();
  const { box, folder, writeIndex } = await useWeb(owners.script);
  const index = await writeIndex(owners.rows.map(([host, path]) => [box.url(host, path), path] as const));
  const place = output ?? join(folder, 'dataset');
  const reach = { resolver: [box.dns], allowPrivate: ['127.0.0.0/8'], scratch: join(folder, 'scratch') };
  const asks = { rightsFiles: ['robots.txt', 'tdmrep.json'] as const, retries: 0, ...reach };
  const made = await download({
    ...{ index, output: place, decoders: 1, numberSamplePerShard: 4 },
    ...asks,
    ...format,
  });
  expect(made).toMatchObject({ ok: true, successes: owners.rows.length });
  owners.change();
  return { box, folder, output: place, asks, owners };
}

const codes = async (folder: string) =>
  (await readMetadata(folder)).map((row) => row['failure_code'] ?? row['status']);

test.each(FORMATS)('recheck takes refused samples out, and so does remove: %s', async (_, format) => {
  const { box, folder, output, asks, owners } = await useDataset(null, format);
  expect(await recheck({ output, ...asks, remove: true })).toMatchObject({ ok: true, denied: 5, removed: 5 });
  const ends = owners.rows.map(([, , mechanism]) => (mechanism === null ? 'success' : 'removed'));
  expect(await codes(output)).toEqual(ends);
  expect(await verify({ output, deep: true })).toMatchObject({ ok: true, findings: [] });

  const urls = join(folder, 'urls.txt');
  await writeFile(urls, box.url('tdm.example', '/yes/9'));
  const { options } = resolveOptions([]);
  await remove({ options, output, lists: [urls], onNotice: () => {} });
  expect(await codes(output)).toEqual(ends.map((end, row) => (row === 9 ? 'removed' : end)));
  expect(await verify({ output, deep: true })).toMatchObject({ ok: true, findings: [] });
});

describe.skipIf(!isInstalled)('in S3', () => {
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

  test.each([['webdataset', {}], FORMATS[1]] as const)(
    'recheck and remove leave what they leave in a folder: %s',
    async (_, format) => {
      const bucket = await server.newBucket();
      const files = new S3Files(server, bucket);
      const places = [null, `s3://${bucket}/dataset`];
      const [local, stored] = await Promise.all(
        places.map(async (place) => {
          const { box, folder, output, asks } = await useDataset(place, format);
          expect(await recheck({ output, ...asks, remove: true })).toMatchObject({ ok: true, removed: 5 });
          const urls = join(folder, 'urls.txt');
          await writeFile(urls, box.url('tdm.example', '/yes/9'));
          const options = { ...resolveOptions([]).options, scratch: join(folder, 'scratch') };
          await remove({ options, output, lists: [urls], onNotice: () => {} });
          return output;
        }),
      );
      expect(await verify({ output: stored ?? '', deep: true })).toMatchObject({ ok: true, findings: [] });
      expect(await files.openUploads()).toBe(0);
      const copy = await useTempFolder();
      for (const key of await files.keys()) {
        const path = join(copy, key);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, await files.bytes(key));
      }
      expect(await codes(join(copy, 'dataset'))).toEqual(await codes(local ?? ''));
      expect((await codes(local ?? '')).filter((end) => end === 'removed')).toHaveLength(6);
      const names = (folder: string) => Object.keys(digestFiles(folder, ''));
      expect(names(join(copy, 'dataset'))).toEqual(names(local ?? ''));
    },
    60_000,
  );
});
