import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMember, readMetadata } from '../../support/command/read-dataset.ts';

async function useFiles() {
  const web = await useWeb({ hosts: { '*': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } } } } } });
  const url = (path: string) => web.box.url('a.example', path);
  const write = async (name: string, text: string) => {
    await writeFile(join(web.folder, name), text);
    return join(web.folder, name);
  };
  const run = (args: readonly string[]) =>
    runCli([...args, '--output', web.output, ...web.reach, '--index-row']);
  const numbers = async () =>
    (await readMetadata(web.output)).map((row) => [row['index_file'], Number(row['index_row'])]);
  return { ...web, url, write, run, numbers };
}

test('--index-row: every row says where in which file it was, a row that cannot be read as well', async () => {
  const { url, write, run, numbers, output } = await useFiles();
  const csv = `url,x\n${url('/1')},1\nbroken\n${url('/2')},2\n`;
  const jsonl = `${JSON.stringify({ url: url('/3'), x: 3, index_row: 'own' })}\n`;
  const files = [
    await write('a.csv', csv),
    await write('b.jsonl', jsonl),
    await write('c.txt', `${url('/4')}\n`),
  ];
  expect((await run([...files.slice(0, 1), '--columns', 'x'])).code).toBe(0);
  expect(await numbers()).toEqual([
    ['a.csv', 0],
    ['a.csv', 1],
    ['a.csv', 2],
  ]);
  expect(JSON.parse(readMember(`${output}/00000.tar`, '000000002.json').toString())).toMatchObject({
    index_row: 2,
    index_file: 'a.csv',
    x: '2',
  });
  expect((await run([...files.slice(1, 2), '--incremental-mode', 'overwrite'])).code).toBe(0);
  const rows = await readMetadata(output);
  expect(rows.map((row) => [row['index_row'], row['index_index_row'], row['index_file']])).toEqual([
    ['own', '0', 'b.jsonl'],
  ]);
  expect((await run([...files.slice(2), '--incremental-mode', 'overwrite', '--url_col', 'link'])).code).toBe(
    0,
  );
  expect(await numbers()).toEqual([['c.txt', 0]]);
});

test('--index-row: rows of a sample keep their numbers, also after a resume', async () => {
  const { url, write, run, numbers, output } = await useFiles();
  const file = await write('a.txt', Array.from({ length: 60 }, (_, i) => `${url(`/${i}`)}\n`).join(''));
  const flags = [file, '--sample', '0.4', '--number-sample-per-shard', '5'];
  expect((await run(flags)).code).toBe(0);
  const found = await readMetadata(output);
  const named = found.map((row) => Number(String(row['url']).split('/').at(-1)));
  expect((await numbers()).map(([, row]) => row)).toEqual(named);
  expect((await runCli(['verify', output, '--index', file])).code).toBe(0);
});

test('--index-row: URLs of a list share the number of their row', async () => {
  const { url, write, run, numbers } = await useFiles();
  const row = (...paths: string[]) => `${JSON.stringify({ images: paths.map(url) })}\n`;
  const file = await write('a.jsonl', row('/1', '/2') + row('/3'));
  expect((await run([file, '--url-col', 'images', '--columns', 'none'])).code).toBe(0);
  expect(await numbers()).toEqual([
    ['a.jsonl', 0],
    ['a.jsonl', 0],
    ['a.jsonl', 1],
  ]);
});
