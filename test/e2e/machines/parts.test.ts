import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Answer, WebScript } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';
import { S3Files } from '../../support/stores/bucket-files.ts';
import { hasS3Program, startS3Server } from '../../support/stores/s3-server.ts';

const PARTS = 3;
const hasStore = (await hasS3Program('moto')) || process.env['CI'] !== undefined;
const ROWS = 100;

/** Every ninth page is gone. Answers take long enough that machines meet. */
const GALLERY: WebScript = {
  hosts: { '*': { paths: { '*': ({ path }) => showPage(Number(path.slice(1))) } } },
};

function showPage(page: number): Answer {
  const body = PHOTOS[page % PHOTOS.length];
  return page % 9 === 8 || body === undefined ? { status: 404 } : { body, delayMs: 20 };
}

/** A web and an index of it, as CSV or Parquet, and the tars of one machine. */
async function useGallery(format: 'csv' | 'parquet', { isCompared = true } = {}) {
  const web = await useWeb(GALLERY);
  const rows = Array.from(
    { length: ROWS },
    (_, page) => [web.box.url(`h${page % 3}.example`, `/${page}`), `image ${page}`] as const,
  );
  const csv = await web.writeIndex(rows);
  const index = format === 'csv' ? csv : await toParquet(csv, join(web.folder, 'index.parquet'));
  const flags = ['--number-sample-per-shard', '10', '--image-size', '64', ...web.reach];
  const alone = join(web.folder, 'alone');
  if (isCompared) expect(await runCli([index, '--output', alone, ...flags])).toMatchObject({ code: 0 });
  web.box.reset();
  const args = (part: number | null, output = web.output, parts = PARTS): string[] => [
    ...[index, '--output', output, ...flags],
    ...(part === null ? [] : ['--part', `${part}/${parts}`]),
  ];
  return { ...web, index, args, alone: isCompared ? digestFiles(alone, '.tar') : {} };
}

async function toParquet(csv: string, path: string): Promise<string> {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (FROM '${csv}') TO '${path}'`);
  connection.closeSync();
  return path;
}

/** Starts a command as on another machine: with a host name of its own. */
const ELSEWHERE = ['unshare', '-r', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', 'elsewhere'];

const stateOf = (output: string): string[] => readdirSync(join(output, '.laion-fetch')).sort();

describe('machines with a part each', () => {
  test.each(['csv', 'parquet'] as const)('write what one machine writes, from %s', async (format) => {
    const { args, output, alone, box } = await useGallery(format);
    const parts = Array.from({ length: PARTS }, (_, part) => part);
    const runs = await Promise.all(parts.map((part) => runCli([...args(part), '--per-host', '4'])));
    for (const run of runs) expect(run).toMatchObject({ code: 0 });
    expect(digestFiles(output, '.tar')).toEqual(alone);
    const hosts = Object.values(box.stats().hosts);
    expect(hosts.flatMap(({ paths }) => Object.values(paths))).toEqual(Array(ROWS).fill(1));
    for (const { connections } of hosts) expect(connections.peak).toBeLessThanOrEqual(4);
    expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
    // The last of them has cleared away what only machines at work need.
    expect(stateOf(output).filter((name) => /^(parts|attempts|scratch)$/.test(name))).toEqual([]);
    expect(readdirSync(join(output, '.laion-fetch', 'sharers'))).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(output, '.laion-fetch', 'manifest.json'), 'utf8'));
    expect(manifest.runs).toMatchObject([{ finished: { fileRows: [ROWS] } }]);
    // Without --part, the same command finds everything done.
    box.reset();
    expect(await runCli(args(null))).toMatchObject({ code: 0 });
    expect(box.stats().hosts).toEqual({});
  });

  test('lose nothing when some are killed, and each of them resumes', async () => {
    const { args, output, alone } = await useGallery('parquet');
    const killed = spawnCli([...args(1), '--log-level', 'info']);
    await killed.shows('shard written');
    killed.kill('SIGKILL');
    await killed.result;
    const done = Object.keys(digestFiles(output, '_stats.json'));
    expect(done.length).toBeGreaterThan(0);
    const others = await Promise.all([0, 2].map((part) => runCli(args(part))));
    for (const run of others) expect(run).toMatchObject({ code: 0 });
    expect(await runCli(['verify', output])).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('not finished'),
    });
    expect(await runCli(args(1))).toMatchObject({ code: 0 });
    expect(digestFiles(output, '.tar')).toEqual(alone);
    expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
  });

  test.skipIf(!hasStore)(
    'write to a store what one machine writes, killed and begun again',
    async () => {
      const server = await startS3Server('moto');
      onTestFinished(() => server.stop());
      const { args, alone, folder } = await useGallery('parquet');
      const bucket = await server.newBucket();
      const options = { env: { ...server.env, LAION_FETCH_SCRATCH: join(folder, 'scratch') } };
      const output = `s3://${bucket}/laion`;
      const killed = spawnCli([...args(1, output, 2), '--log-level', 'info'], options);
      await killed.shows('shard written');
      killed.kill('SIGKILL');
      await killed.result;
      const runs = await Promise.all([0, 1].map((part) => runCli(args(part, output, 2), options)));
      for (const run of runs) expect(run).toMatchObject({ code: 0 });
      const files = new S3Files(server, bucket);
      expect(await files.digests('laion', '.tar')).toEqual(alone);
      expect(await files.openUploads()).toBe(0);
      expect((await files.keys()).filter((key) => key.includes('/sharers/'))).toEqual([]);
      expect(await runCli(['verify', output], options)).toMatchObject({ code: 0 });
    },
    120_000,
  );

  test('end well when another machine has done their part while they were frozen', async () => {
    const { args, output, alone } = await useGallery('parquet');
    const frozen = spawnCli([...args(0, output, 1), '--log-level', 'info', '--per-host', '2']);
    await frozen.shows('shard written');
    frozen.kill('SIGSTOP');
    expect(await runCli(args(0, output, 1), { under: ELSEWHERE })).toMatchObject({ code: 0 });
    frozen.kill('SIGCONT');
    expect(await frozen.result).toMatchObject({ code: 0 });
    expect(digestFiles(output, '.tar')).toEqual(alone);
    expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
    expect(stateOf(output).filter((name) => /^(parts|attempts|scratch)$/.test(name))).toEqual([]);
    expect(readdirSync(join(output, '.laion-fetch', 'sharers'))).toEqual([]);
  });

  test('keep their name and folder when the same part begins elsewhere', async () => {
    const { args, output } = await useGallery('csv', { isCompared: false });
    const slow = [...args(0), '--log-level', 'info', '--per-host-rate', '1'];
    const first = spawnCli(slow);
    await first.shows('run started');
    const second = spawnCli(slow, { under: ELSEWHERE });
    await second.shows('run started');
    expect(await runCli(args(0))).toMatchObject({ code: 7 });
    const folders = readdirSync(join(output, '.laion-fetch', 'parts'), { withFileTypes: true });
    expect(folders.filter((entry) => entry.isDirectory())).toHaveLength(2);
    for (const machine of [first, second]) {
      machine.kill('SIGKILL');
      await machine.result;
    }
  });

  test('and a run without a part keep each other out', async () => {
    const { args, output } = await useGallery('csv', { isCompared: false });
    const part = spawnCli([...args(0), '--log-level', 'info', '--per-host-rate', '4']);
    await part.shows('run started');
    const busy = { code: 7, stderr: expect.stringContaining('is writing there') };
    expect(await runCli(args(null))).toMatchObject(busy);
    expect(await runCli(args(0))).toMatchObject(busy);
    part.kill('SIGKILL');
    await part.result;
    const whole = spawnCli([...args(null), '--log-level', 'info', '--per-host-rate', '1']);
    await whole.shows('run started');
    expect(await runCli(args(1))).toMatchObject(busy);
    whole.kill('SIGKILL');
    await whole.result;
    expect(existsSync(output)).toBe(true);
  });

  test('extend a dataset that one machine has begun for them', async () => {
    const { args, output, box, reach } = await useGallery('csv', { isCompared: false });
    expect(await runCli([...args(null), '--limit', '20'])).toMatchObject({ code: 0 });
    box.reset();
    const begun = await runCli([...args(null), '--incremental-mode', 'extend', '--begin-only']);
    expect(begun).toMatchObject({ code: 0, stderr: expect.stringContaining('begun from shard 2') });
    expect(box.stats().hosts).toEqual({});
    expect(await runCli(['retry', output, ...reach])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not finished'),
    });
    for (const part of [0, 1]) expect(await runCli(args(part, output, 2))).toMatchObject({ code: 0 });
    expect(Object.keys(digestFiles(output, '.tar'))).toHaveLength(12);
    expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
  });

  test('without a shard have nothing to do', async () => {
    const { args, output } = await useGallery('parquet', { isCompared: false });
    expect(await runCli(args(0, output, 11))).toMatchObject({ code: 0 });
  });

  test('refuse another index and another number of samples', async () => {
    const { args, folder, index, output } = await useGallery('csv', { isCompared: false });
    expect(await runCli(args(0))).toMatchObject({ code: 0 });
    const other = join(folder, 'other.csv');
    await writeFile(other, `${readFileSync(index, 'utf8')}\n`);
    const [, ...rest] = args(1);
    for (const wrong of [
      [other, ...rest],
      [...args(1), '--number-sample-per-shard', '11'],
    ])
      expect(await runCli(wrong)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Cannot resume'),
      });
    expect(Object.keys(digestFiles(output, '.tar'))).toHaveLength(4);
  });

  test.each([
    [['--part', '4/4'], 'from 0'],
    [['--part', '1/2', '--incremental-mode', 'overwrite'], 'begin it once with --begin-only'],
    [['--part', '1/2', '--begin-only'], 'one machine begins the run for all'],
  ])('%j is a mistake', async (flags, said) => {
    const run = await runCli(['index.csv', '--output', 'out', ...flags]);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });
});
