import { execFileSync } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { type ColumnsRequest, changeDatasetColumns } from '../../../src/run/columns.ts';
import { verifyOutput } from '../../../src/run/verify.ts';
import { runCli } from '../../support/command/cli.ts';
import { makeDataset } from '../../support/command/from-tars.ts';
import { listTar, readMember, readMetadata } from '../../support/command/read-dataset.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const { options } = resolveOptions([new Map([['decoders', { text: '1', origin: 'test' }]])]);

const change = (output: string, what: Partial<ColumnsRequest>) =>
  changeDatasetColumns({
    add: [],
    drop: [],
    from: [],
    on: null,
    output,
    options,
    onNotice: () => {},
    ...what,
  });

async function problemsOf(output: string): Promise<readonly string[]> {
  const request = { output, options, index: null, decodeImages: false, repair: false };
  return (await verifyOutput(request)).findings.map(({ problem }) => problem);
}

const digests = (folder: string): string =>
  execFileSync('sh', ['-c', "find . -type f -not -path './.laion-fetch*' | sort | xargs sha256sum"], {
    cwd: folder,
    encoding: 'utf8',
  });

/** The JSON members of a tar. */
const jsonOf = (tar: string): Record<string, unknown>[] =>
  listTar(tar)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(String(readMember(tar, name))));

/** A table by the URL of a row, in another order, with a row twice and one of another dataset. */
async function writeTable(folder: string): Promise<string> {
  const path = join(folder, 'table.jsonl');
  const rows = [5, 3, 1, 0, 6, 3, 99].map((url, at) => ({
    URL: `http://a.example/a/${url}`,
    quality: url / 4,
    labels: [`l${url}`, 'x'],
    at,
  }));
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
}

/** What cannot be done is refused before anything changes. */
async function refuseMistakes(a: string, table: string): Promise<void> {
  const before = digests(a);
  const refused: readonly (readonly [Partial<ColumnsRequest>, string])[] = [
    [{ drop: ['caption'] }, "its samples have a column 'caption' of their own; it cannot be removed"],
    [{ drop: ['colour'] }, "Cannot find the column 'colour' of --drop"],
    [{ add: ['colour'], from: [table] }, "Cannot find the column 'colour' of --add"],
    [
      { add: ['quality'], from: [table], on: 'labels' },
      "Cannot find the column 'labels' of --on in the dataset",
    ],
  ];
  for (const [what, message] of refused) {
    await expect(change(a, what)).rejects.toThrow(message);
  }
  expect(digests(a)).toBe(before);
  const cli = await runCli(['columns', a, '--add', 'quality']);
  expect(cli).toMatchObject({ code: 2 });
  expect(cli.stderr).toContain('--add and --from belong together');
}

test('columns of a table come into metadata and samples, and go; images stay; killed anywhere, it goes on', async () => {
  const folder = await useTempFolder();
  const a = await makeDataset(folder, 'a', 20, ['--number-sample-per-shard', '8']);
  const before = join(folder, 'before');
  await cp(a, before, { recursive: true });
  const table = await writeTable(folder);
  await refuseMistakes(a, table);
  const said = await runCli(['columns', a, '--add', 'quality,labels', '--from', table, '--drop', 'tags']);
  expect({
    code: said.code,
    stderr: said.stderr.replaceAll(a, 'a').replace(/^.*table repeats.*\n/m, ''),
  }).toEqual({
    code: 0,
    stderr:
      'a: added quality, labels, removed tags in 3 shards, 20 rows written; 6 rows without a row of the table\n',
  });
  expect(said.stderr).toContain("1 row of the table repeats a value of 'url'; the first row counts");
  expect(await problemsOf(a)).toEqual([]);
  const rows = await readMetadata(a);
  expect(Object.keys(rows[0] ?? {}).slice(0, 9)).toEqual([
    'id',
    'score',
    'count',
    'at',
    'index_key',
    'quality',
    'labels',
    'caption',
    'url',
  ]);
  const old = await readMetadata(before);
  expect(rows.map(({ quality: _, labels: __, ...row }) => row)).toEqual(
    old.map(({ tags: _, ...row }) => row),
  );
  expect(rows[3]).toMatchObject({ url: 'http://a.example/a/3', quality: 0.75, labels: ['l3', 'x'] });
  expect(rows[2]).toMatchObject({ url: 'http://a.example/a/2', quality: null, labels: null });
  for (const shard of ['00000', '00001', '00002']) {
    const [was, is] = [join(before, `${shard}.tar`), join(a, `${shard}.tar`)];
    expect(listTar(is)).toEqual(listTar(was));
    const [jpg = ''] = listTar(is);
    expect(readMember(is, jpg)).toEqual(readMember(was, jpg));
    for (const [at, json] of jsonOf(is).entries()) {
      const { tags: _, ...rest } = jsonOf(was)[at] ?? {};
      expect(json).toMatchObject(rest);
      expect(json).toMatchObject({ quality: expect.toSatisfy((q) => q === null || q < 2) });
    }
  }
  expect(String(await readFile(join(a, 'README.md')))).toContain('quality');

  // The same again has nothing to do; interrupted after a shard, the rest follows.
  const wanted = { add: ['quality', 'labels'], drop: ['tags'], from: [table] };
  expect(await change(a, wanted)).toMatchObject({ shardsBefore: 3, rows: 0 });
  const onShard = (): void => {
    throw new Error('killed');
  };
  await expect(change(before, { ...wanted, onShard })).rejects.toThrow('killed');
  expect(await problemsOf(before)).toEqual([
    'some shards lack the last change of columns; its command (laion-fetch columns) resumes it',
  ]);
  expect(await change(before, wanted)).toMatchObject({ shardsBefore: 1, rows: 12 });
  expect(digests(before)).toBe(digests(a));

  // A column is replaced by another table; a broken shard that is made again gets it, too.
  await writeFile(join(folder, 'new.csv'), 'key,quality\n000003,high\n000011,low\n');
  const replaced = { add: ['quality'], from: [join(folder, 'new.csv')] };
  await change(a, replaced);
  const qualities = (await readMetadata(a)).map(({ quality }) => quality);
  expect(qualities.filter((quality) => quality !== null)).toEqual(['high', 'low']);
  await rm(join(a, '00001.tar'));
  await runCli(['verify', a, '--repair']);
  await runCli([
    join(folder, 'tars/a.tar'),
    '--from-tar',
    '--output',
    a,
    '--image-size',
    '48',
    '--number-sample-per-shard',
    '8',
  ]);
  expect(await change(a, replaced)).toMatchObject({ shardsBefore: 2 });
  expect(await problemsOf(a)).toEqual([]);
}, 180_000);
