import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import {
  digestFiles,
  listTar,
  readMember,
  readMetadata,
  readStats,
} from '../../support/command/read-dataset.ts';

/** Rows of three images and one that is gone, in an index with other columns. */
async function useCaptions() {
  const faults = { down: false };
  const image = { body: { fixture: 'images/tiny.jpg' } };
  const paths = { '*': image, '/2': () => (faults.down ? { status: 500 } : image), '/gone': { status: 404 } };
  const web = await useWeb({ hosts: { '*': { paths } } });
  const rows: readonly (readonly [string, string | null])[] = [
    ['/1', 'one'],
    ['/2', null],
    ['/1#top', 'uno'],
    ['/gone', 'gone'],
    ['/2', 'two'],
    ['/1', 'one'],
    ['/2', 'deux'],
    ['/gone', 'weg'],
    ['/3', null],
    ['/1', 'eins'],
  ];
  const index = `${web.folder}/index.jsonl`;
  const lines = rows.map(([path, text], id) =>
    JSON.stringify({ url: web.box.url('a.example', path), text, id }),
  );
  await writeFile(index, `${lines.join('\n')}\n`);
  const merge = ['--dedupe', 'url', '--duplicates', 'merge', '--number-sample-per-shard', '4', ...web.reach];
  const run = (output: string, ...more: string[]) => runCli([index, '--output', output, ...merge, ...more]);
  return { ...web, faults, index, merge, run, rows };
}

const MERGED = [
  ['one', ['one', 'uno', 'eins']],
  ['two', ['two', 'deux']],
  ['uno', null],
  ['gone', ['gone', 'weg']],
  ['two', null],
  ['one', null],
  ['deux', null],
  ['weg', null],
  [null, []],
  ['eins', null],
] as const;

describe('--duplicates merge', () => {
  test('gives the sample of the first row the captions of all; every row has its one outcome', async () => {
    const { run, output, box, index } = await useCaptions();
    const { code, stdout } = await run(output, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 10,
      successes: 3,
      failure_codes: { duplicate_url: 6, http_404: 1 },
    });
    expect(box.stats().hosts['a.example']?.paths).toEqual({ '/1': 1, '/2': 1, '/3': 1, '/gone': 1 });
    const rows = await readMetadata(output);
    expect(rows.map((row) => [row['caption'], row['all_captions']])).toEqual(MERGED);
    const firsts = ['00000', '00001', '00000', null, '00001', '00000', '00001', '00003', null, '00000'];
    expect(rows.map((row) => row['duplicate_of'])).toEqual(
      [null, null, ...firsts.slice(2)].map((key) => key && `0${key}`),
    );
    const [json, text] = ['json', 'txt'].map((ending) =>
      readMember(`${output}/00000.tar`, `000001.${ending}`).toString(),
    );
    expect(text).toBe('two');
    expect(JSON.parse(json ?? '')).toMatchObject({ caption: 'two', all_captions: ['two', 'deux'], id: 1 });
    const counts = ['00000', '00001', '00002'].map((shard) => readStats(output, shard)['count']);
    expect(counts).toEqual([4, 4, 2]);
    expect(await runCli(['verify', output, '--index', index])).toMatchObject({ code: 0 });
  });

  test('shards that are made again, and rows that are retried, get the same captions', async () => {
    const { run, output, faults, folder, reach } = await useCaptions();
    const whole = `${folder}/whole`;
    expect((await run(whole)).code).toBe(0);
    const expected = digestFiles(whole, '.tar');
    faults.down = true;
    expect((await run(output, '--retries', '0')).code).toBe(0);
    await rm(`${output}/00002_stats.json`);
    expect((await run(output, '--retries', '0')).code).toBe(0);
    faults.down = false;
    expect((await runCli(['retry', output, ...reach])).code).toBe(0);
    expect(digestFiles(output, '.tar')).toEqual(expected);
  });

  test('names of samples: rows of one image may share their key', async () => {
    const { run, output, index, box } = await useCaptions();
    const ids = ['/1', '/2', '/1', '/3'].map((path) => ({
      url: box.url('a.example', path),
      text: path,
      id: `id${path.slice(1)}`,
    }));
    await writeFile(index, ids.map((row, i) => JSON.stringify({ ...row, text: `${i}` })).join('\n'));
    expect((await run(output, '--key-col', 'id')).code).toBe(0);
    const found = new Map((await readMetadata(output)).map((row) => [row['caption'], row]));
    expect(found.get('0')).toMatchObject({ key: 'id1', all_captions: ['0', '2'] });
    expect(found.get('2')).toMatchObject({ key: null, duplicate_of: 'id1', failure_code: 'duplicate_url' });
    expect(await runCli(['verify', output, '--index', index])).toMatchObject({ code: 0 });
  });

  test('needs captions, and an index that can be read twice', async () => {
    const { run, output, index, merge } = await useCaptions();
    expect(await run(output, '--caption-col', 'none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the index has no captions'),
    });
    const stdin = await readFile(index, 'utf8');
    const piped = await runCli(['-', '--input-format', 'jsonl', '--output', output, ...merge], { stdin });
    expect(piped).toMatchObject({ code: 2, stderr: expect.stringContaining('save it to a file') });
  });
});

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
