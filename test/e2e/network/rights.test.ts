import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMember, readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' } };
const ROBOTS = 'User-agent: *\nDisallow: /no/\nCrawl-delay: 0.01\n';
const ASKS = { env: { LAION_FETCH_RIGHTS_FILES: 'robots.txt,tdmrep.json' } };

async function useOwners() {
  const web = await useWeb({
    hosts: {
      'a.example': {
        paths: {
          '*': IMAGE,
          '/robots.txt': { body: { text: ROBOTS } },
          '/.well-known/tdmrep.json': { status: 404 },
          '/yes/free.jpg': { ...IMAGE, headers: [['TDM-Reservation', '0']] },
          '/yes/noai.jpg': { ...IMAGE, headers: [['X-Robots-Tag', 'noai']] },
          '/yes/later.jpg': [{ status: 410 }, IMAGE],
        },
      },
    },
  });
  const paths = ['/yes/1.jpg', '/no/2.jpg', '/yes/free.jpg', '/yes/noai.jpg', '/yes/later.jpg'];
  const index = await web.writeIndex(paths.map((path) => [web.box.url('a.example', path), path]));
  const run = (...args: string[]) => runCli([...args, ...web.reach], ASKS);
  return { ...web, index, run, asked: () => web.box.stats().hosts['a.example']?.paths ?? {} };
}

const KEPT = 'what owners say is kept to, recorded for every row, kept as evidence, and not asked for again';

test.each(['1', '2'])(`${KEPT} (%s lanes)`, async (lanes) => {
  const { box, index, output, run: runOne, asked } = await useOwners();
  const run = (...args: string[]) => runOne(...args, '--lanes', lanes, '--decoders', '2');
  expect((await run(index, '--output', output)).code).toBe(0);
  const rows = await readMetadata(output);
  expect(rows.map((row) => row['failure_code'])).toEqual([
    ...[null, 'robots_disallowed', null, 'optout_x_robots', 'http_410'],
  ]);
  const records = rows.map((row) => (row['rights'] === null ? null : JSON.parse(String(row['rights']))));
  const sha256 = records[1]?.signals[0].sha256;
  expect(records).toEqual([
    null,
    {
      ...{ decision: 'deny', reason: 'robots.txt:Disallow: /no/', policy: 'standard@1' },
      signals: [
        {
          ...{ m: 'robots.txt', scope: 'path', raw: 'Disallow: /no/', verdict: 'deny' },
          ...{ src: box.url('a.example', '/robots.txt'), sha256 },
        },
      ],
    },
    expect.objectContaining({ decision: 'allow', reason: 'tdm-reservation:0' }),
    expect.objectContaining({ decision: 'deny', reason: 'x-robots-tag:noai' }),
    null,
  ]);
  expect(JSON.parse(readMember(join(output, '00000.tar'), '000000002.json').toString())).toMatchObject({
    rights: rows[2]?.['rights'],
  });
  const evidence = await readFile(join(output, '.laion-fetch/rights-evidence.jsonl'), 'utf8');
  expect(
    evidence
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { sha256, origin: new URL(box.url('a.example', '/')).origin, file: 'robots.txt', body: ROBOTS },
  ]);
  expect(asked()).toMatchObject({ '/robots.txt': 1, '/.well-known/tdmrep.json': 1 });
  expect(Object.keys(asked()).filter((path) => path.startsWith('/no/'))).toEqual([]);

  const shown = await runCli(['rights', output]);
  expect(shown.stdout).toContain('2 of 5 rows (40.0 %) were denied; 3 have a signal on record');
  expect(shown.stdout).toMatch(/x-robots-tag: refuses +1 /);
  const { failures, mechanisms, hosts, signals } = JSON.parse(
    (await runCli(['rights', output, '--json'])).stdout,
  );
  expect(failures).toContainEqual({ name: 'robots_disallowed', rows: 1, example: rows[1]?.['url'] });
  expect(mechanisms).toContainEqual(expect.objectContaining({ name: 'robots.txt', rows: 1 }));
  expect(hosts).toMatchObject([{ name: 'a.example', rows: 2 }]);
  expect(signals).toContainEqual(expect.objectContaining({ name: 'x-robots-tag deny', rows: 1 }));

  expect((await run('retry', output, '--class', 'http_410')).code).toBe(0);
  expect(asked()).toMatchObject({ '/robots.txt': 1, '/yes/later.jpg': 2 });
  expect((await readMetadata(output)).map((row) => row['rights'])).toEqual(rows.map((row) => row['rights']));
  // The table of rights is a part of the shard.
  const table = await readMetadata(join(output, '.laion-fetch/rights.parquet'));
  expect(table.map((row) => [row['key'], row['failure_code'], row['decision'], row['mechanism']])).toEqual([
    ['000000000', null, 'unknown', null],
    ['000000001', 'robots_disallowed', 'deny', 'robots.txt'],
    ['000000002', null, 'allow', 'tdm-reservation'],
    ['000000003', 'optout_x_robots', 'deny', 'x-robots-tag'],
    ['000000004', null, 'unknown', null],
  ]);
  expect(JSON.parse(String(table[1]?.['signals']))).toEqual(records[1]?.signals);
  const { code, stdout } = await runCli(['verify', output, '--deep']);
  expect({ code, stdout }).toMatchObject({ code: 0 });
});

test('robots.txt is kept for a day: runs side by side ask once each, the next one not, a later one again', async () => {
  const { box, index, output, run, asked, writeIndex } = await useOwners();
  const into = (...flags: string[]) => run(...flags, '--output', output, '--number-sample-per-shard', '2');
  const parts = await Promise.all(['0/2', '1/2'].map((part) => into(index, '--part', part)));
  expect(parts.map(({ code }) => code)).toEqual([0, 0]);
  const timesAsked = () => asked()['/robots.txt'] ?? 0;
  const byParts = timesAsked();
  expect(byParts).toBeGreaterThan(0);
  expect(byParts).toBeLessThanOrEqual(2);

  const extend = async (name: string): Promise<number> => {
    const more = await writeIndex([[box.url('a.example', `/yes/${name}.jpg`), name]], `${name}.csv`);
    expect((await into(more, '--incremental-mode', 'extend')).code).toBe(0);
    return timesAsked();
  };
  expect(await extend('within')).toBe(byParts);
  const table = join(output, '.laion-fetch/hosts.json');
  const day = 86_400_000;
  const text = await readFile(table, 'utf8');
  await writeFile(
    table,
    text.replaceAll(/"at":(\d+)/g, (_, at) => `"at":${at - day}`),
  );
  expect(await extend('later')).toBe(byParts + 1);
  expect(await readFile(table, 'utf8')).toMatch(/"file":"robots.txt"/);
  expect((await readMetadata(output)).map((row) => row['failure_code'])).toEqual([
    ...[null, 'robots_disallowed', null, 'optout_x_robots', 'http_410', null, null],
  ]);
  const rights = await readMetadata(join(output, '.laion-fetch/rights.parquet'));
  expect(rights.map(({ decision }) => decision)).toEqual([
    ...['unknown', 'deny', 'allow', 'deny', 'unknown', 'unknown', 'unknown'],
  ]);
});

test('--rights off asks nobody, ignores everything, and says so', async () => {
  const { index, output, reach, asked } = await useOwners();
  const { code, stderr } = await runCli([index, '--output', output, '--rights', 'off', ...reach]);
  expect(code).toBe(0);
  expect(stderr).toContain('--rights off');
  expect((await readMetadata(output)).map((row) => row['failure_code'])).toEqual([
    null,
    null,
    null,
    null,
    'http_410',
  ]);
  expect(asked()).not.toHaveProperty('/robots.txt');
  expect(existsSync(join(output, '.laion-fetch/rights.parquet'))).toBe(false);
});
