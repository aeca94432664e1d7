import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeParquet } from '../inputs/files.ts';
import { runCli } from '../support/command/cli.ts';
import { writeTar } from '../support/command/from-tars.ts';
import { useTempFolder } from '../support/temp-folder.ts';

/** Eight rows: four of one host, one of another, three that no download would ask for. */
const CSV = [
  'URL,TEXT,similarity',
  'https://a.example/1.jpg,one,0.5',
  'https://a.example/1.jpg#again,one,0.5',
  'https://A.example/2.jpg,two,0.5',
  'http://a.example/3.jpg,three,0.5',
  'http://b.example/4.jpg,four,0.5',
  'ftp://a.example/5.jpg,five,0.5',
  ',six,0.5',
  'http://a.example/7.jpg,seven',
  '',
].join('\n');

async function useCsv(text: string): Promise<string> {
  const path = join(await useTempFolder(), 'index.csv');
  await writeFile(path, text);
  return path;
}

async function planJson(...args: string[]) {
  const { code, stdout, stderr } = await runCli(['plan', ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const rows = (count: number) =>
  `SELECT 'http://h' || (i % 50) || '.example/' || i AS url, i AS n, 400 AS "WIDTH", 1000::BIGINT AS "HEIGHT" ` +
  `FROM range(${count}) t(i)`;

describe('laion-fetch plan', () => {
  it('shows rows, hosts, time and sizes in lines of 80 columns', async () => {
    const { code, stdout, stderr } = await runCli([
      'plan',
      await useCsv(CSV),
      '--number-sample-per-shard=3',
      '--per-host=1',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.slice(0, 16)).toEqual([
      `8 rows in 1 file (${Buffer.byteLength(CSV)}B), 3 shards`,
      'URLs from URL, captions from TEXT, carried: similarity',
      '',
      'rows                                          8',
      'https                                         3    37.5 %',
      'http                                          2    25.0 %',
      'no request: bad_row                           1    12.5 %',
      'no request: url_missing                       1    12.5 %',
      'no request: url_scheme                        1    12.5 %',
      'duplicate URLs                                1    12.5 %',
      '',
      'hosts                                         2',
      '  a.example                                   4    80.0 %',
      '  b.example                                   1    20.0 %',
      '',
      expect.stringMatching(/^time, about .*limited by host a\.example$/),
    ]);
    expect(stdout).toMatch(/^ {2}a\.example +1s +4 rows, 1 connection$/m);
    expect(stdout).toMatch(/^ {2}the processor +\d.* image, \d+ decoders?$/m);
    expect(stdout).toMatch(/^images +4$/m);
  });

  it('prints everything as one JSON document with --json', async () => {
    const path = await useCsv(CSV);
    const plan = await planJson(path, '--concurrency', '7', '--decoders', '1', '--retries', '0');
    expect(plan).toMatchObject({
      files: 1,
      bytes: Buffer.byteLength(CSV),
      rows: 8,
      shards: 1,
      columns: { url: 'URL', caption: 'TEXT', carried: ['similarity'] },
      usable_rows: 5,
      unusable_rows: { url_scheme: 1, url_missing: 1, bad_row: 1 },
      schemes: { https: 3, http: 2 },
      duplicates: { rows: 1, exact: true, margin: 0 },
      hosts: {
        count: 2,
        complete: true,
        largest: [
          { host: 'a.example', rows: 4, share: 0.8 },
          { host: 'b.example', rows: 1, share: 0.2 },
        ],
        heads: [],
      },
      limits: { decoders: 1, concurrency: 7, per_host: 16, timeout_ms: 10_000, retries: 0 },
      assumed: { success_share: 0.7, picture_bytes: 88_000, picture_bytes_from: 'mean of LAION' },
    });
    expect(plan.prediction.successes).toBe(4);
    expect(plan.prediction.bounds.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'concurrency',
      'host',
      'processor',
    ]);
    expect(plan.prediction.bound_by).toBe(plan.prediction.bounds[0].kind);
    for (const amount of [
      plan.prediction.seconds,
      plan.prediction.traffic_bytes,
      plan.prediction.disk_bytes,
      plan.measured.core_ms_per_picture,
      plan.measured.encoded_bytes_per_picture,
    ]) {
      expect(amount).toBeGreaterThan(0);
    }
  });

  it('counts over several files the rows that the options select, and no shard spans two files', async () => {
    const [first, second] = [await makeParquet(rows(1000)), await makeParquet(rows(500))];
    const all = await planJson(first, second, '--number-sample-per-shard', '400');
    expect([all.files, all.rows, all.shards, all.hosts.count]).toEqual([2, 1500, 5, 50]);
    expect(all.duplicates).toEqual({ rows: 500, exact: true, margin: 0 });
    expect(all.hosts.heads).toEqual([{ hosts: 10, rows: 300, share: 0.2 }]);
    const some = await planJson(first, second, '--where', 'n >= 300', '--limit', '800');
    expect([some.rows, some.duplicates.rows]).toEqual([800, 100]);
    const sampled = await planJson(first, '--sample', '0.5');
    expect(sampled.rows).toBeGreaterThan(400);
    expect(sampled.rows).toBeLessThan(600);
  });

  it('takes the size of images from the columns WIDTH and HEIGHT, copied or not', async () => {
    const plan = await planJson(await makeParquet(rows(10)), '--columns', 'none', '--bandwidth', '2kB');
    expect(plan.columns).toEqual({ url: 'url', caption: null, carried: [] });
    expect(plan.assumed).toMatchObject({ picture_bytes: 100_000, picture_bytes_from: 'sizes in the index' });
    expect(plan.prediction).toMatchObject({ traffic_bytes: 750_000, bound_by: 'bandwidth' });
    expect(plan.prediction.bounds[0]).toEqual({ kind: 'bandwidth', seconds: 375 });
  });

  it('predicts no disk usage if every image is rejected', async () => {
    const plan = await planJson(await useCsv(CSV), '--min-image-size', '30000');
    expect(plan.measured.accepted_share).toBe(0);
    expect(plan.prediction).toMatchObject({ successes: 0, disk_bytes: 8 * 300 });
  });

  it('counts the images of tars that need no request', async () => {
    const tar = await writeTar(await useTempFolder(), 'a', 20);
    const from = ['plan', tar, '--from-tar', '--number-sample-per-shard', '8', '--max-bytes', '20KB'];
    const { code, stdout, stderr } = await runCli(from);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^20 rows in 1 file \([^)]+\), 3 shards\nURLs from url, captions from caption/);
    expect(stdout).toMatch(/^no image: body_too_large +3 +15.0 %$/m);
    expect(stdout).not.toMatch(/no request|hosts|timeouts|traffic|NaN/);
    expect(await planJson(...from.slice(1))).toMatchObject({
      ...{ rows: 20, usable_rows: 17, unusable_rows: { body_too_large: 3 }, hosts: { count: 0 } },
      prediction: { bound_by: 'processor', requests: 0, traffic_bytes: 0 },
      assumed: { success_share: 1, picture_bytes_from: 'images in the tars' },
    });
  });

  it('reads standard input', async () => {
    const { stdout } = await runCli(['plan', '-', '--input-format', 'csv', '--json'], { stdin: CSV });
    expect(JSON.parse(stdout)).toMatchObject({ rows: 8, bytes: null, hosts: { count: 2 } });
  });

  it('handles an index without rows and an empty file', async () => {
    const { code, stdout } = await runCli(['plan', await useCsv('url,caption\n')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^0 rows in 1 file \(12B\), 0 shards\n/);
    expect(stdout).not.toMatch(/NaN|Infinity/);
    expect(await planJson(await useCsv(''))).toMatchObject({
      rows: 0,
      columns: { url: null },
      hosts: { count: 0, largest: [], heads: [] },
      prediction: { seconds: 0, bound_by: null, traffic_bytes: 0, disk_bytes: 0 },
    });
  });

  it.each([['none.parquet'], ['broken.parquet']])('exits 3 where %s cannot be read', async (name) => {
    const cwd = await useTempFolder();
    await writeFile(join(cwd, 'broken.parquet'), 'PAR1 and nothing else');
    const { code, stdout, stderr } = await runCli(['plan', name], { cwd });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^laion-fetch: [^\\n]*${name}[^\\n]*\\n$`));
  });

  it('exits with 2 if the URL column cannot be detected', async () => {
    const { code, stderr } = await runCli(['plan', await useCsv('address\nhttp://a.example/\n')]);
    expect(code).toBe(2);
    expect(stderr).toContain('--url-col');
  });

  it('protects the terminal from column names', async () => {
    const { stdout } = await runCli(['plan', await useCsv('url,"\u001b[2J"\nhttp://a.example/,x\n')]);
    expect(stdout).toContain('carried: \\u{1b}[2J');
    expect(stdout).not.toContain('\u001b');
  });
});
