import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cp, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { recorded } from './expect-true-page.ts';
import { makeDataset, smallRows } from './made-dataset.ts';

const KILLED = fileURLToPath(new URL('../../../fixtures/img2dataset-killed', import.meta.url));

/** The report as JSON. */
async function reportOf(output: string, ...more: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runCli(['report', output, '--json', ...more]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('laion-fetch report', () => {
  test.each(['webdataset', 'files', 'parquet', 'tfrecord', 'mds'] as const)(
    'shows the images of a dataset of the format %s, and changes nothing of it',
    async (format) => {
      const output = await makeDataset({ rows: smallRows(), rowsPerShard: 2, shape: { format } });
      const before = digestFiles(output, '');
      const { code, stdout } = await runCli(['report', output]);
      const file = join(output, 'report.html');
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`wrote ${file} (`) });
      const page = readFileSync(file, 'utf8');
      expect(page.match(/src="data:image\/jpeg;base64,/g)?.length).toBe(3);
      rmSync(file);
      expect(digestFiles(output, '')).toEqual(before);
    },
  );

  test('describes a dataset without a time series as JSON', async () => {
    const output = await makeDataset({ rows: smallRows(), rowsPerShard: 2 });
    expect(await reportOf(output)).toMatchObject({
      finished: true,
      shards: 2,
      rows: 4,
      successes: 3,
      failures: [{ code: 'http_503', stage: 'http', rows: 1, example: 'https://a.example/1.jpg' }],
      retry: { rows: 1, command: `laion-fetch retry ${output}`, refusal: null },
      throughput: [],
      hosts: { count: 1, largest: [{ host: 'a.example', rows: 4, images: 3 }] },
      columns: ['similarity'],
      problems: [],
    });
  });

  test('chooses images by the seed', async () => {
    const rows = Array.from({ length: 20 }, smallRows).flat();
    const output = await makeDataset({ rows, rowsPerShard: 8 });
    const [one, again, other] = await Promise.all(
      ['1', '1', '2'].map(
        async (seed) => (await reportOf(output, '--images', '5', '--seed', seed))['images'],
      ),
    );
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  test('writes Markdown, JSON and the page where --output says', async () => {
    const output = await makeDataset({ rows: smallRows(), rowsPerShard: 4, run: null });
    const file = join(output, 'summary.md');
    expect(await runCli(['report', output, '--markdown', '-o', file])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(file, 'utf8')).toContain('| http_503 ');
    const { stdout } = await runCli(['report', output, '--output', '-', '--images', '0']);
    expect(stdout).toMatch(/^<!doctype html>/);
    expect(stdout).not.toContain('<img');
    expect(stdout).toContain('no manifest');
  });

  test('says what is wrong, and refuses what is no dataset', async () => {
    const output = await makeDataset({ rows: smallRows(), rowsPerShard: 1 });
    rmSync(join(output, '00002.tar'));
    await truncate(join(output, '00001.parquet'), 20);
    await truncate(join(output, '00003_stats.json'), 20);
    const { code, stdout } = await runCli(['report', output, '-o', '-']);
    expect(code).toBe(0);
    for (const part of ['00001.parquet', '00003_stats.json', 'shard 00002']) expect(stdout).toContain(part);

    const folder = await useTempFolder();
    expect(await runCli(['report', folder])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`Cannot report on '${folder}': there is no dataset`),
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(await runCli(['report', output, '--json', '--markdown'])).toMatchObject({ code: 2 });
    expect(await runCli(['report', output, '--images', '5000'])).toMatchObject({ code: 2 });
    expect(await runCli(['report', output, '-o', join(output, 'no', 'folder')])).toMatchObject({ code: 4 });
  });

  test('describes an adopted dataset, and refuses one that is not adopted', async () => {
    const folder = await useTempFolder();
    await cp(KILLED, folder, { recursive: true });
    expect(await runCli(['report', 'out'], { cwd: folder })).toMatchObject({ code: 2 });
    const flags = ['--number_sample_per_shard', '5', '--image_size', '32', '--caption_col', 'caption'];
    const columns = ['--save_additional_columns', '["similarity","pwatermark"]'];
    const adopted = await runCli(['adopt', 'out', '--input', 'index.parquet', ...flags, ...columns], {
      cwd: folder,
    });
    expect(adopted.code).toBe(0);
    expect(await reportOf(join(folder, 'out'))).toMatchObject({
      finished: false,
      shards: 2,
      rows: 10,
      throughput: [],
      problems: [],
    });
  });

  test('describes the finished shards while a run goes on, whose throughput the next start continues', async () => {
    const body = PHOTOS[0];
    if (body === undefined) throw new Error('expected a photo');
    const web = await useWeb({ hosts: { '*': { paths: { '*': { body } } } } });
    // One shard from four hosts, and one from a host that is asked every minute.
    const hosts = [0, 1, 2, 3, 4, 4, 4, 4].map((host) => `host${host}.example`);
    const urls = hosts.map((host, page) => [web.box.url(host, `/${page}`), `picture ${page}`] as const);
    const index = await web.writeIndex(urls);
    const args = [index, '--output', web.output, '--number-sample-per-shard', '4', ...web.reach];
    const run = spawnCli([...args, '--per-host-rate', '0.02', '--log-level', 'info']);
    await run.shows('shard written');
    const lock = join(web.output, '.laion-fetch.lock');
    expect(existsSync(lock)).toBe(true);
    expect(await reportOf(web.output)).toMatchObject({
      finished: false,
      resume_command: expect.stringContaining(index),
      shards: 1,
      rows: 4,
      successes: 4,
    });
    expect(existsSync(lock)).toBe(true);
    run.kill('SIGINT');
    await run.result;
    const first = recorded(web.output);
    expect(first.starts).toBe(1);
    expect(first.rows).toBeGreaterThanOrEqual(4);

    expect(await runCli(args)).toMatchObject({ code: 0 });
    expect(recorded(web.output)).toEqual({ starts: 2, rows: 8, images: 8 });
    expect(await reportOf(web.output)).toMatchObject({ finished: true, shards: 2, successes: 8 });
  });
});
