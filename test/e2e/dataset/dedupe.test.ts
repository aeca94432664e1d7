import { describe, expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { listTar, readMetadata } from '../../support/command/read-dataset.ts';

async function useRepetitions() {
  const web = await useWeb({
    hosts: { '*': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } }, '/gone': { status: 404 } } } },
  });
  const page = (path: string) => web.box.url('a.example', path);
  const pages = ['/1', '/2', '/1#top', '/gone', '/1', '/gone', '/3', '/2'];
  const index = await web.writeIndex(pages.map((path, i) => [page(path), `caption ${i}`] as const));
  const flags = ['--number-sample-per-shard', '3', '--dedupe', 'url', ...web.reach];
  return { ...web, index, flags };
}

describe('--dedupe url', () => {
  test('fetches each URL once; the other rows point to the first', async () => {
    const { index, flags, output, box } = await useRepetitions();
    const { code, stderr } = await runCli([index, '--output', output, ...flags, '--fail-under', '0.7']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/duplicate_url +4 /);
    expect(box.stats().hosts['a.example']?.paths).toEqual({ '/1': 1, '/2': 1, '/gone': 1, '/3': 1 });
    const rows = await readMetadata(output);
    expect(rows.map((row) => [row['key'], row['failure_code'], row['duplicate_of']])).toEqual([
      ['000000', null, null],
      ['000001', null, null],
      ['000002', 'duplicate_url', '000000'],
      ['000010', 'http_404', null],
      ['000011', 'duplicate_url', '000000'],
      ['000012', 'duplicate_url', '000010'],
      ['000020', null, null],
      ['000021', 'duplicate_url', '000001'],
    ]);
    expect(rows.map((row) => row['caption'])).toEqual([...rows.keys()].map((i) => `caption ${i}`));
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('omits the other rows with --duplicates drop, and says how many', async () => {
    const { index, flags, output } = await useRepetitions();
    const run = await runCli([index, '--output', output, ...flags, '--duplicates', 'drop', '--json']);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ rows: 4, successes: 3, dropped_duplicates: 4 });
    const rows = await readMetadata(output);
    expect(rows.map((row) => [row['key'], row['caption']])).toEqual([
      ['000000', 'caption 0'],
      ['000001', 'caption 1'],
      ['000002', 'caption 3'],
      ['000010', 'caption 6'],
    ]);
    expect(rows[0]).not.toHaveProperty('duplicate_of');
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('knows after a resume which URLs came before it', async () => {
    const { writeIndex, box, flags, output, reach: _ } = await useRepetitions();
    const rows = Array.from(
      { length: 400 },
      (_, i) => [box.url('a.example', `/${i % 150}`), `${i}`] as const,
    );
    const index = await writeIndex(rows, 'long.csv');
    const run = spawnCli([index, '--output', output, ...flags, '--log-level', 'info']);
    await run.shows('shard written');
    run.kill('SIGINT');
    await run.result;
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    const metadata = await readMetadata(output);
    const keyOf = (position: number) => metadata[position]?.['key'];
    expect(metadata.map((row) => row['duplicate_of'])).toEqual(
      rows.map((_row, i) => (i < 150 ? null : keyOf(i % 150))),
    );
    expect(listTar(`${output}/00000.tar`).length).toBeGreaterThan(0);
  });

  test('is required by --duplicates', async () => {
    const { index, output } = await useRepetitions();
    const { code, stderr } = await runCli([index, '--output', output, '--duplicates', 'drop']);
    expect(code).toBe(2);
    expect(stderr).toContain('--duplicates works only with --dedupe url');
  });
});
