import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles, readMetadata } from '../../support/command/read-dataset.ts';
import { type ObjectServer, useObjectServer } from '../../support/servers/object-server.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { runSql } from '../files.ts';

// Decoders and threads run what was built.
const BUILT = new URL('../../../dist/index.js', import.meta.url).href;
const { download, plan, verify } = (await import(BUILT)) as typeof import('../../../src/index.ts');

const rows = (name: string, columns: string, url = 'ftp://a.test/') =>
  `SELECT '${url}${name}' || i AS url, '${name} ' || i AS caption, ${columns} FROM range(40) t(i)`;

/** Files of four formats in folders with partitions, and files that are no part of an index. */
async function makeFolder(url: string): Promise<string> {
  const folder = join(await useTempFolder(), 'laion');
  const [de, en, other] = ['lang=de', 'lang=en', '_old'].map((name) => join(folder, name));
  await Promise.all([de, en, other].map((each) => mkdir(each ?? '', { recursive: true })));
  await mkdir(join(folder, 'dataset', '.laion-fetch'), { recursive: true });
  await runSql(
    `COPY (${rows('a', 'i AS n', url)}) TO '${de}/1.parquet' (FORMAT parquet)`,
    `COPY (${rows('b', "i AS n, 'x' AS site", url)}) TO '${de}/2.csv.gz' (FORMAT csv)`,
    `COPY (${rows('c', 'i::DOUBLE AS n', url)}) TO '${en}/3 ä.parquet' (FORMAT parquet)`,
    `COPY (${rows('d', 'i AS n', url)}) TO '${en}/4.jsonl' (FORMAT json)`,
    `COPY (${rows('e', 'i AS n', url)}) TO '${other}/5.parquet' (FORMAT parquet)`,
    `COPY (${rows('f', 'i AS n', url)}) TO '${folder}/dataset/00000.parquet' (FORMAT parquet)`,
    `COPY (SELECT 1) TO '${folder}/dataset/.laion-fetch/manifest.json' (FORMAT json)`,
  );
  execFileSync('sh', ['-c', `printf x > '${folder}/README.md'`]);
  return folder;
}

async function contentsOf(folder: string, prefix = ''): Promise<Record<string, Buffer>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (path) => [prefix + relative(folder, path), await readFile(path)] as const);
  return Object.fromEntries((await Promise.all(read)).sort());
}

/** The tars of a run, and the rows of its Parquet files but for the times of their requests. */
async function datasetOf(index: string | readonly string[], set: object): Promise<object> {
  const output = join(await useTempFolder(), 'dataset');
  const options = { index, output, decoders: 1, numberSamplePerShard: 30, indexRow: true, ...set };
  expect(await download(options)).toMatchObject({ ok: true });
  const rows = await readMetadata(output);
  return { tars: digestFiles(output, '.tar'), rows: rows.map(({ fetched_at: _, ...row }) => row) };
}

function useEnv(server: ObjectServer): void {
  for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test('the same rows give the same dataset from this machine, a web server, the hub and S3', async () => {
  const { box } = await useWeb({
    hosts: { 'a.example': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } } } } },
  });
  const reach = { resolver: [box.dns], allowPrivate: ['127.0.0.0/8'], perHost: 64 };
  const folder = await makeFolder(box.url('a.example', '/'));
  const local = await datasetOf(folder, reach);
  expect(local).toMatchObject({ rows: Array.from({ length: 160 }, () => ({ status: 'success' })) });

  const server = await useObjectServer(await contentsOf(folder, 'laion/'));
  useEnv(server);
  const files = ['lang=de/1.parquet', 'lang=de/2.csv.gz', 'lang=en/3%20%C3%A4.parquet', 'lang=en/4.jsonl'];
  const places = [
    's3://bucket/laion',
    's3://bucket/laion/**/*.{parquet,csv.gz,jsonl}',
    'hf://datasets/owner/name/laion/',
    'hf://datasets/owner/name@v1/laion/*/*',
    files.map((file) => `${server.web}/laion/${file}`),
  ];
  for (const place of places) expect(await datasetOf(place, reach), String(place)).toEqual(local);
  expect(server.leaked).toEqual([]);
});

test('a resume fetches no file whose shards are done, and refuses one that has changed', async () => {
  const folder = join(await useTempFolder(), 'index');
  await mkdir(folder);
  for (const name of ['1', '2'])
    await runSql(
      `COPY (${rows(name, 'repeat(md5(i::VARCHAR), 1000) AS m')})
       TO '${folder}/${name}.parquet' (FORMAT parquet, COMPRESSION uncompressed)`,
    );
  const server = await useObjectServer(await contentsOf(folder));
  useEnv(server);
  const output = join(await useTempFolder(), 'dataset');
  const options = {
    index: 'hf://datasets/owner/name/*.parquet',
    output,
    decoders: 1,
    numberSamplePerShard: 20,
  };
  expect(await download(options)).toMatchObject({ ok: true });
  await rm(join(output, '00003_stats.json'));
  server.asked.length = 0;
  expect(await download(options)).toMatchObject({ ok: true, shardsBefore: 3 });
  const fetched = (path: string) =>
    server.asked.reduce((sum, each) => sum + (each.path === path ? each.bytes : 0), 0);
  expect(fetched('1.parquet')).toBeLessThan(600_000);
  expect(fetched('2.parquet')).toBeGreaterThan(1_200_000);
  expect(await verify({ output })).toMatchObject({ ok: true });
  const manifest = await readFile(join(output, '.laion-fetch', 'manifest.json'), 'utf8');
  expect(manifest).toContain('"hf://datasets/owner/name/1.parquet"');

  await rm(join(output, '00003_stats.json'));
  const changed = Buffer.from(server.files.get('2.parquet') ?? '');
  changed.writeUInt8(changed.readUInt8(5) ^ 1, 5);
  server.files.set('2.parquet', changed);
  const refused = await download(options);
  expect(refused).toMatchObject({ ok: false, code: 'usage' });
  expect(JSON.stringify(refused)).toContain(
    "the content of 'hf://datasets/owner/name/2.parquet' has changed",
  );
});

test('a plan fetches the columns of a Parquet file that it needs, not all of it', async () => {
  const path = join(await useTempFolder(), 'large.parquet');
  await runSql(
    `COPY (SELECT 'https://a.test/' || i AS url, repeat(md5(i::VARCHAR), 20) AS other FROM range(60000) t(i))
     TO '${path}' (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 20000)`,
  );
  const file = await readFile(path);
  const server = await useObjectServer({ 'large.parquet': file });
  const planned = await plan({ index: `${server.web}/large.parquet`, columns: [] });
  expect(planned).toMatchObject({ ok: true, rows: 60_000 });
  const sum = server.asked.reduce((bytes, each) => bytes + each.bytes, 0);
  expect(file.length).toBeGreaterThan(30e6);
  expect(sum).toBeLessThan(file.length / 5);
});

test('a bucket that is not there is one line, exit code 3 and no secret', async () => {
  const server = await useObjectServer({});
  const run = await runCli(['inspect', 's3://nobucket/laion/*.parquet'], { env: server.env });
  expect(run.code).toBe(3);
  expect(run.stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(
      /Cannot read the index 's3:\/\/nobucket\/laion\/\*\.parquet': there is no bucket 'nobucket'; /,
    ),
  ]);
  expect(run.stdout + run.stderr).not.toContain('secret-key');
});
