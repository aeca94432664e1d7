import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { repack } from '../../output/repack.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles, readMetadata } from '../../support/command/read-dataset.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

/** What img2dataset 1.47.0 left when it was killed: shards 0 and 1 of 5 rows each, and a part of shard 2. */
const KILLED = fileURLToPath(new URL('../../../fixtures/img2dataset-killed', import.meta.url));

const PHOTO = await readFile(new URL('../../../fixtures/images/landscape.jpg', import.meta.url));

/** The flags of the command line that made it. */
const FLAGS = ['--number_sample_per_shard', '5', '--image_size', '32', '--caption_col', 'caption'].concat([
  '--save_additional_columns',
  '["similarity","pwatermark"]',
]);

/** As by default: samples of img2dataset have no record of rights, those of later downloads have one. */
const ASKING = { LAION_FETCH_RIGHTS_FILES: 'robots.txt,tdmrep.json' };

/** The pages of the index, which today all show an image, behind a proxy. Page 3 was gone, page 7 no image. */
async function useGallery() {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    const page = Number(/(\d+)\.jpg$/.exec(request.url ?? '')?.[1]);
    if (!Number.isNaN(page)) asked.push(page);
    response.end(PHOTO);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    reach: ['--proxy', `http://127.0.0.1:${port}`],
    asked: () => asked.splice(0).sort((a, b) => a - b),
  };
}

/** A copy of the killed run. */
async function useKilledRun(env: Readonly<Record<string, string>> = {}) {
  const folder = await useTempFolder();
  await cp(KILLED, folder, { recursive: true });
  const [output, index] = [join(folder, 'out'), join(folder, 'index.parquet')];
  const run = (...args: string[]) => runCli(args, { cwd: folder, env });
  const adopt = (...more: string[]) => run('adopt', 'out', '--input', 'index.parquet', ...FLAGS, ...more);
  const resume = (...more: string[]) =>
    run(
      'index.parquet',
      '--output',
      'out',
      '--preset',
      'img2dataset',
      ...FLAGS,
      '--output-format',
      'webdataset',
      ...more,
    );
  return { folder, output, index, run, adopt, resume };
}

/** The digests of the files in a folder. */
const contents = async (output: string): Promise<Record<string, string>> => digestFiles(output, '');

describe('adopt', () => {
  test('takes over what img2dataset finished; the download, retry and verify go on from there', async () => {
    const { output, adopt, resume, run } = await useKilledRun(ASKING);
    const { reach, asked } = await useGallery();
    const before = digestFiles(output, '.tar');
    const adopted = await adopt();
    expect(adopted).toMatchObject({ code: 0, stderr: '' });
    expect(adopted.stdout).toContain('shard 00002: not adopted: img2dataset did not finish it');
    expect(adopted.stdout).toContain('out: adopted 2 shards, 10 rows, 8 samples\n1 shard to fetch');
    expect(digestFiles(output, '.tar')).toEqual(before);
    expect(existsSync(join(output, '_tmp', '2.feather'))).toBe(true);
    const manifest = JSON.parse(await readFile(join(output, '.laion-fetch', 'manifest.json'), 'utf8'));
    expect(manifest.runs).toMatchObject([{ adopted: 'img2dataset', finished: null }]);

    expect(await resume(...reach)).toMatchObject({ code: 0 });
    expect(asked()).toEqual([10, 11, 12]);
    expect(digestFiles(output, '.tar')).toMatchObject({
      '00000.tar': before['00000.tar'],
      '00001.tar': before['00001.tar'],
    });
    const verified = await run('verify', 'out', '--deep');
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('complete (3 shards, 13 rows, 11 samples)'),
    });
    expect(verified.stdout).toContain('compared, 13 rows');
    expect(await readMetadata(join(output, '.laion-fetch/rights.parquet'))).toHaveLength(13);

    const retried = JSON.parse((await run('retry', 'out', '--class', 'all', '--json', ...reach)).stdout);
    expect(retried).toMatchObject({ rows_wanted: 2, restored: 2, shards_rewritten: 2, successes: 13 });
    expect(asked()).toEqual([3, 7]);
    expect(await run('verify', 'out', '--deep')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('complete (3 shards, 13 rows, 13 samples)'),
    });
  });

  test('takes the whole command line of img2dataset, and can be repeated after a crash', async () => {
    const { output, run } = await useKilledRun();
    const line = [
      '--url_list',
      'index.parquet',
      '--input_format',
      'parquet',
      '--output_folder',
      'out',
      ...FLAGS,
    ];
    const first = await run('adopt', ...line, '--output_format', 'webdataset', '--thread_count', '4');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('adopted 2 shards') });
    const before = await contents(output);
    // As after a crash before the manifest was written.
    await rm(join(output, '.laion-fetch'), { recursive: true });
    expect((await run('verify', 'out')).stderr).toContain('take it over first: laion-fetch adopt out');
    expect(await run('adopt', ...line)).toEqual(first);
    expect(await contents(output)).toEqual(before);
  });

  test('adopts folders of files as well', async () => {
    const { output, run, adopt } = await useKilledRun();
    for (const shard of ['00000', '00001']) {
      await mkdir(join(output, shard));
      await repack(join(output, `${shard}.tar`), (members) => {
        for (const { name, body } of members) void writeFile(join(output, shard, name), body);
        return members;
      });
      await rm(join(output, `${shard}.tar`));
    }
    expect(await adopt()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('adopted 2 shards, 10 rows, 8 samples'),
    });
    const findings = JSON.parse((await run('verify', 'out', '--json')).stdout).faults;
    expect(findings.filter(({ file }: { file: string }) => /^0000[01]/.test(file))).toEqual([]);
  });

  test('needs no index for a run that img2dataset finished', async () => {
    const { output, run, resume } = await useKilledRun();
    expect(await run('adopt', 'out', ...FLAGS)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /without its index: shard 00002 is not finished; use laion-fetch adopt out --input/,
      ),
    });
    for (const name of ['00002.tar', '00002.parquet']) await rm(join(output, name));
    expect(await run('adopt', 'out', ...FLAGS)).toMatchObject({ code: 0 });
    const verified = await run('verify', 'out');
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the dataset was adopted without it'),
    });
    expect(await resume()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'it was adopted without its index; name that first: laion-fetch adopt out',
      ),
    });
    expect((await run('adopt', 'out', 'index.parquet', ...FLAGS)).stdout).toContain('1 shard to fetch');
  });

  test('a shard that was not adopted is fetched again by the next download', async () => {
    const { output, adopt, resume, run } = await useKilledRun();
    const { reach, asked } = await useGallery();
    await truncate(join(output, '00001.tar'), 5000);
    expect((await adopt()).stdout).toContain('2 shards to fetch');
    expect(await run('retry', 'out')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('its run is not finished'),
    });
    expect(await resume(...reach)).toMatchObject({ code: 0 });
    expect(asked()).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await run('verify', 'out')).toMatchObject({ code: 0 });
    expect(await resume(...reach)).toMatchObject({ code: 0 });
    expect(asked()).toEqual([]);
  });

  test('refuses folders and formats that it cannot adopt', async () => {
    const { folder, output, run, adopt } = await useKilledRun();
    await mkdir(join(folder, 'empty'));
    for (const name of ['empty', 'none']) {
      expect(await run('adopt', name, ...FLAGS)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`Cannot adopt '${name}': there is no shard of img2dataset`),
      });
    }
    expect(await run('adopt')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('laion-fetch adopt <output>'),
    });
    for (const shard of ['00000', '00001', '00002']) await rm(join(output, `${shard}.tar`));
    expect(await adopt()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('only the formats webdataset and files'),
    });
  });
});

describe('a folder of img2dataset that was not adopted', () => {
  test('is named as such by every command, which all say what to do', async () => {
    const { output, run, resume } = await useKilledRun();
    const before = await contents(output);
    const says =
      "'out': img2dataset made this dataset; take it over first: laion-fetch adopt out --input <index>";
    const runs = [resume(), run('retry', 'out'), run('verify', 'out'), run('verify', 'out', '--repair')];
    for (const { code, stderr } of await Promise.all(runs)) {
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says) });
    }
    expect(await contents(output)).toEqual(before);
  });

  test('is replaced by overwrite with all that a killed run left, and nothing else', async () => {
    const { folder, output, resume } = await useKilledRun();
    const { reach } = await useGallery();
    await writeFile(join(output, 'notes.txt'), 'mine');
    await rm(join(output, '00002.tar'));
    expect(await resume('--incremental-mode', 'overwrite', '--limit', '5', ...reach)).toMatchObject({
      code: 0,
    });
    expect((await readdir(output)).sort()).toEqual([
      '.laion-fetch',
      '00000.parquet',
      '00000.sha256',
      '00000.tar',
      '00000_stats.json',
      'notes.txt',
    ]);
    expect(existsSync(join(folder, 'index.parquet'))).toBe(true);
  });

  test.each([
    ['a tar and empty metadata', /^0000[01]|^_tmp/],
    ['rows in _tmp', /^0000[01]|parquet$/],
  ])('is replaced by overwrite even if no shard was finished, only %s', async (_what, lacks) => {
    const { output, resume } = await useKilledRun();
    const { reach } = await useGallery();
    for (const name of await readdir(output)) {
      if (lacks.test(name)) await rm(join(output, name), { recursive: true });
    }
    expect(await resume('--incremental-mode', 'overwrite', '--limit', '5', ...reach)).toMatchObject({
      code: 0,
    });
    expect((await readdir(output)).filter((name) => /^00002|^_tmp/.test(name))).toEqual([]);
  });

  test('loses nothing to overwrite where an index has the name of a shard', async () => {
    const { output, index, resume } = await useKilledRun();
    await rm(join(output, '00002.parquet'));
    await copyFile(index, join(output, '00002.parquet'));
    const before = await contents(output);
    expect(await resume('--incremental-mode', 'overwrite')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'00002.parquet' has the name of a shard's file"),
    });
    expect(await contents(output)).toEqual(before);
  });
});
