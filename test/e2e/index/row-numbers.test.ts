import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeParquet } from '../../inputs/files.ts';
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

test('--index-row: rows that meet a condition keep their numbers, in every format', async () => {
  const { url, write, run, numbers } = await useFiles();
  const rows = Array.from({ length: 9 }, (_, at) => ({ url: url(`/${at}`), n: at }));
  const csv = ['url,n', ...rows.map((row) => `${row.url},${row.n}`), ''].join('\n');
  const query = `SELECT '${url('/')}' || i AS url, i AS n FROM range(9) t(i)`;
  const files = [
    await write('a.csv', csv),
    await write('b.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
    await makeParquet(query),
  ];
  expect((await run([...files, '--where', 'n % 4 = 3', '--columns', 'none'])).code).toBe(0);
  expect(await numbers()).toEqual(
    ['a.csv', 'b.jsonl', 'index.parquet'].flatMap((name) => [3, 7].map((row) => [name, row])),
  );
});

test('--index-row: lists of URLs that meet a condition have the numbers of their rows', async () => {
  const { url, write, run, numbers } = await useFiles();
  const row = (n: number) => `${JSON.stringify({ images: [url(`/${n}a`), url(`/${n}b`)], n })}\n`;
  const file = await write('a.jsonl', [0, 1, 2].map(row).join(''));
  expect((await run([file, '--url-col', 'images', '--where', 'n <> 1'])).code).toBe(0);
  expect((await numbers()).map(([, at]) => at)).toEqual([0, 0, 2, 2]);
});

test('--index-row: a Parquet file with the column that DuckDB needs is refused with --where', async () => {
  const { run } = await useFiles();
  const file = await makeParquet("SELECT 'http://a.example/' AS url, 1 AS file_row_number");
  const { code, stderr } = await run([file, '--where', 'true']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/Cannot number the rows .*'file_row_number'.*--index-row/);
});
