import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { useWeb, type Web } from '../../support/box/use-web.ts';
import { CLI, runCli, spawnCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE = { body: { fixture: 'images/landscape.jpg' } } as const;
const useGallery = (): Promise<Web> =>
  useWeb({ hosts: { '*': { paths: { '*': IMAGE, '/gone': { status: 410 } } } } });

test('reads JSON Lines from standard input, keeps types and names the rows that it cannot read', async () => {
  const { box, output, reach } = await useGallery();
  const lines = [
    JSON.stringify({ url: box.url('a.example', '/1'), text: 'one', similarity: 0.5, tags: ['x'] }).replace(
      '0.5',
      '0.5,"hash":9007199254740993',
    ),
    '{"url": broken',
    JSON.stringify({ url: box.url('b.example', '/2'), text: null, similarity: null, tags: null }),
    '',
  ];
  const { code, stdout, stderr } = await runCli(['-', '--output', output, '--json', ...reach], {
    stdin: lines.join('\n'),
  });
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('line 2') });
  expect(JSON.parse(stdout)).toMatchObject({ rows: 3, successes: 2, bad_rows: 1 });
  const rows = await readMetadata(output);
  expect(rows.map((row) => [row['hash'], row['tags'], row['failure_code']])).toEqual([
    ['9007199254740993', ['x'], null],
    [null, null, 'bad_row'],
    [null, null, null],
  ]);
});

test('no shard has rows of two index files', async () => {
  const { box, folder, output, reach, writeIndex } = await useGallery();
  for (const [file, count] of [5, 12, 1, 0].entries()) {
    const rows = Array.from(
      { length: count },
      (_, i) => [box.url('a.example', `/${file}-${i}`), `${file}-${i}`] as const,
    );
    await writeIndex(rows, `${file}.csv`);
  }
  const args = [
    folder,
    '--input-format',
    'csv',
    '--number-sample-per-shard',
    '5',
    '--output',
    output,
    ...reach,
  ];
  expect((await runCli(args)).code).toBe(0);
  const keys = (await readMetadata(output)).map((row) => `${row['key']} ${row['caption']}`);
  expect(keys).toEqual([
    ...[0, 1, 2, 3, 4].map((i) => `00000${i} 0-${i}`),
    ...Array.from({ length: 12 }, (_, i) => `0000${1 + Math.floor(i / 5)}${i % 5} 1-${i}`),
    '000040 2-0',
  ]);
});

test('--output-format files writes a folder for each shard; none writes only statistics', async () => {
  const { box, folder, reach, writeIndex } = await useGallery();
  const index = await writeIndex([
    [box.url('a.example', '/1'), 'one'],
    [box.url('a.example', '/gone'), 'two'],
  ]);
  for (const format of ['files', 'none']) {
    expect(
      (await runCli([index, '--output', join(folder, format), '--output-format', format, ...reach])).code,
    ).toBe(0);
    expect((await runCli(['verify', join(folder, format)])).code).toBe(0);
  }
  expect(readdirSync(join(folder, 'files')).sort()).toEqual([
    '.laion-fetch',
    '00000',
    '00000.parquet',
    '00000.sha256',
    '00000_stats.json',
    'README.md',
  ]);
  expect(readdirSync(join(folder, 'files', '00000')).sort()).toEqual([
    '000000000.jpg',
    '000000000.json',
    '000000000.txt',
    'metadata.jsonl',
  ]);
  expect(readFileSync(join(folder, 'files', '00000', '000000000.txt'), 'utf8')).toBe('one');
  expect(readdirSync(join(folder, 'none')).sort()).toEqual([
    '.laion-fetch',
    '00000.sha256',
    '00000_stats.json',
  ]);
});

test('--limit, --sample and --where select rows; the same seed selects the same rows', async () => {
  const { box, folder, reach, writeIndex } = await useGallery();
  const index = await writeIndex(
    Array.from({ length: 200 }, (_, i) => [box.url(`h${i}.example`, '/x'), `${i}`] as const),
  );
  const captions = async (name: string, flags: readonly string[]) => {
    const output = join(folder, name);
    expect(
      (await runCli([index, '--output', output, '--output-format', 'files', ...flags, ...reach])).code,
    ).toBe(0);
    return (await readMetadata(output)).map((row) => row['caption']);
  };
  expect(await captions('limit', ['--limit', '3'])).toEqual(['0', '1', '2']);
  const sample = await captions('sample', ['--sample', '0.2', '--seed', '7']);
  expect(sample.length).toBeGreaterThan(15);
  expect(sample.length).toBeLessThan(70);
  expect(await captions('again', ['--sample', '0.2', '--seed', '7'])).toEqual(sample);
  expect(await captions('other', ['--sample', '0.2', '--seed', '8'])).not.toEqual(sample);
});

test('exits with 5 when the success ratio is below --fail-under', async () => {
  const { box, output, reach, writeIndex } = await useGallery();
  const index = await writeIndex([
    [box.url('a.example', '/1'), ''],
    [box.url('a.example', '/gone'), ''],
  ]);
  const run = (ratio: string) => runCli([index, '--output', output, '--fail-under', ratio, ...reach]);
  expect((await run('0.5')).code).toBe(0);
  expect((await run('0.6')).code).toBe(5);
});

test('exits with 3 if the index cannot be read and with 4 if the output cannot be written, and says why', async () => {
  const { folder, output, reach, writeIndex } = await useGallery();
  const missing = await runCli([join(folder, 'no.parquet'), '--output', output, ...reach]);
  expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining('no.parquet') });
  const index = await writeIndex([['http://a.example/1', '']]);
  const blocked = await runCli([index, '--output', join(index, 'out'), ...reach]);
  expect(blocked).toMatchObject({ code: 4, stderr: expect.stringContaining(join(index, 'out')) });
});

test('an interrupt ends the command while it waits for standard input', async () => {
  const { box, output, reach } = await useGallery();
  const flags = ['--input-format', 'txt', '--output', output, '--log-level', 'info', ...reach];
  const run = spawnCli(['-', ...flags], { stdin: null });
  run.write(`${box.url('a.example', '/1')}\n`);
  await run.shows('run started');
  run.kill('SIGINT');
  expect((await run.result).code).toBe(130);
});

test('verify refuses a folder without a dataset; download refuses one with a damaged manifest', async () => {
  const { folder, output, reach, writeIndex } = await useGallery();
  expect(await runCli(['verify', folder])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no dataset'),
  });
  const index = await writeIndex([['http://a.example/1', '']]);
  await mkdir(join(output, '.laion-fetch'), { recursive: true });
  await writeFile(join(output, '.laion-fetch', 'manifest.json'), '{"format":1,"runs":[{}]}');
  for (const args of [
    ['verify', output],
    [index, '--output', output, ...reach],
  ]) {
    expect(await runCli(args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/manifest\.json' is damaged; .*\n$/),
    });
  }
});

test('exits with 6, and fails no row, when the machine runs out of file descriptors', async () => {
  const { box, output, reach, writeIndex } = await useWeb({
    hosts: { '*': { paths: { '*': { ...IMAGE, delayMs: 500 } } } },
  });
  const rows = Array.from({ length: 300 }, (_, i) => [box.url(`h${i}.example`, '/x'), ''] as const);
  const command = [
    process.execPath,
    CLI,
    await writeIndex(rows),
    '--output',
    output,
    '--decoders',
    '1',
    ...reach,
  ];
  const shell = promisify(execFile)('sh', ['-c', 'ulimit -n 90; exec "$@"', 'sh', ...command]);
  await expect(shell).rejects.toMatchObject({
    code: 6,
    stderr: expect.stringMatching(/^laion-fetch: Cannot open a connection: .*ulimit -n.*\(EMFILE\)\n$/),
  });
  expect(existsSync(join(output, '00000_stats.json'))).toBe(false);
});
