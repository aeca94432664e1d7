import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { OutputFormat } from '../../../src/core/choices.ts';
import type { Answer } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles, listTar, readMember, readMetadata } from '../../support/command/read-dataset.ts';

const ROWS = 12;

const photo = (at: number): Answer => {
  const body = PHOTOS[at % PHOTOS.length];
  return body === undefined ? { status: 404 } : { body };
};

/** A dataset of three shards, and a list that denies three of its samples and one that it does not have. */
async function useDataset(format: OutputFormat = 'webdataset') {
  const web = await useWeb({
    hosts: {
      '*': { paths: { '*': ({ path }) => photo(Number(path.slice(1))) } },
      'gone.example': { paths: { '*': photo(0) } },
    },
  });
  const { box, folder, output, reach, writeIndex } = web;
  const rows = Array.from({ length: ROWS }, (_, row) => [
    box.url(row === 9 ? 'gone.example' : 'a.example', `/${row}`),
    `caption ${row}`,
  ]) as [string, string][];
  const index = await writeIndex(rows);
  const args = [
    index,
    '--output',
    output,
    '--number-sample-per-shard',
    '4',
    '--output-format',
    format,
    ...reach,
  ];
  expect((await runCli(args)).code).toBe(0);
  const list = join(folder, 'mail.txt');
  await writeFile(list, [rows[1]?.[0], rows[2]?.[0], 'gone.example', 'http://other.example/1'].join('\n'));
  return { ...web, args, list };
}

const codes = async (output: string) =>
  (await readMetadata(output)).map((row) => row['failure_code'] ?? row['status']);
const EXPECTED = Array.from({ length: ROWS }, (_, row) => ([1, 2, 9].includes(row) ? 'removed' : 'success'));

test('remove takes the listed samples out, leaves all others as they were, and nothing brings them back', async () => {
  const { box, output, args, list, reach } = await useDataset();
  const kept = readMember(join(output, '00000.tar'), '000003.jpg');
  const untouched = digestFiles(output, '00001.tar');
  const { code, stdout } = await runCli(['remove', output, '--urls', list, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    removed: { 'the URL is in the list': 2, 'the host is in the list': 1 },
    shards: { rewritten: 2, unchanged: 1 },
  });
  expect(await codes(output)).toEqual(EXPECTED);
  expect(listTar(join(output, '00000.tar')).filter((name) => name.endsWith('.jpg'))).toEqual([
    '000000.jpg',
    '000003.jpg',
  ]);
  expect(readMember(join(output, '00000.tar'), '000003.jpg')).toEqual(kept);
  expect(digestFiles(output, '00001.tar')).toEqual(untouched);
  const [, tombstone] = await readMetadata(output);
  expect(tombstone).toMatchObject({ error_message: 'taken out: the URL is in the list', http_status: 200 });
  expect(await readFile(join(output, '.laion-fetch/removed.txt'), 'utf8')).toMatch(
    /^# 20.* by .*mail\.txt\n# 00000 000001: the URL is in the list\nurl-sha256:[0-9a-f]{64}\n/m,
  );
  expect((await runCli(['verify', output])).code).toBe(0);

  // The same call changes nothing, and neither does any other command.
  const before = digestFiles(output, '.tar');
  box.reset();
  expect((await runCli(['remove', output, '--urls', list, '--quiet'])).code).toBe(0);
  expect((await runCli(['retry', output, '--class', 'all', ...reach])).code).toBe(0);
  expect((await runCli(args)).code).toBe(0);
  expect(digestFiles(output, '.tar')).toEqual(before);
  // A shard that is lost is made again without them.
  await writeFile(join(output, '00002.tar'), 'damaged');
  expect((await runCli(['verify', output, '--repair'])).code).toBe(5);
  expect((await runCli(args)).code).toBe(0);
  expect((await codes(output))[9]).toBe('deny_list');
  expect(box.stats().hosts['gone.example']).toBeUndefined();
  expect((await runCli(['verify', output])).code).toBe(0);
});

/** Kills Node before it renames a file for the nth time. */
const killBefore = (nth: number): Readonly<Record<string, string>> => {
  const script = `import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const { rename } = fs;
    let calls = 0;
    fs.rename = (...paths) => ++calls === ${nth} ? process.kill(process.pid, 'SIGKILL') : rename(...paths);
    syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(script).toString('base64')}` };
};

test('remove that is killed leaves a dataset that is whole, and the next call does the rest', async () => {
  const { folder, output, list } = await useDataset();
  // Between the files of the first shard, and between those of the second.
  for (const nth of [5, 13]) {
    const copy = join(folder, `killed-${nth}`);
    await cp(output, copy, { recursive: true });
    const words = ['remove', copy, '--urls', list, '--quiet'];
    expect((await runCli(words, { env: killBefore(nth) })).signal).toBe('SIGKILL');
    expect((await runCli(words)).code).toBe(0);
    expect(await codes(copy)).toEqual(EXPECTED);
    expect((await runCli(['verify', copy])).code).toBe(0);
  }
});

test.each(['parquet'] as const)('remove works in %s', async (format) => {
  const { output, list } = await useDataset(format);
  expect((await runCli(['remove', output, '--urls', list, '--quiet'])).code).toBe(0);
  expect(await codes(output)).toEqual(EXPECTED);
  expect((await runCli(['verify', output])).code).toBe(0);
});

test('remove without a list is a mistake on the command line', async () => {
  const { code, stderr } = await runCli(['remove', 'out']);
  expect(code).toBe(2);
  expect(stderr).toContain('expected --urls FILE');
});
