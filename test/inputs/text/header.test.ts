import { expect, test } from 'vitest';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { openBytes, readRows, readValues } from '../files.ts';

const URL = 'https://a.test/1.jpg';

test.each([
  ['a.csv', `a dog,${URL}\na cat,https://a.test/2.jpg\n`],
  ['a.tsv', `a dog\t${URL}\na cat\thttps://a.test/2.jpg\n`],
  ['a.txt', `a dog\t${URL}\na cat\thttps://a.test/2.jpg\n`],
  ['a.txt', `a dog,${URL}\na cat,https://a.test/2.jpg\n`],
])('--header names the columns of %s', async (name, text) => {
  const index = await openBytes(name, text, { header: ['caption', 'url'] });
  expect(index.columns.map((column) => column.name)).toEqual(['caption', 'url']);
  expect(await readValues(index)).toEqual([
    ['a dog', URL],
    ['a cat', 'https://a.test/2.jpg'],
  ]);
});

test('with --header, a first line of the very names is a header all the same', async () => {
  const index = await openBytes('a.csv', 'caption,url\na,b\n', { header: ['caption', 'url'] });
  expect(await readValues(index)).toEqual([['a', 'b']]);
});

test('with --header, a first line of other names is a row', async () => {
  const index = await openBytes('a.csv', 'TEXT,URL\na,b\n', { header: ['caption', 'url'] });
  expect(await readValues(index)).toHaveLength(2);
});

test('with --header, a line with more fields is unreadable, as elsewhere', async () => {
  const index = await openBytes('a.tsv', 'x\ty\tz\na\t"b\nc"\n', { header: ['caption', 'url'] });
  expect(await readRows(index)).toEqual([
    { unreadable: 'line 1: expected 2 fields, found 3' },
    { values: ['a', 'b\nc'] },
  ]);
});

test.each(['a.csv', 'a.tsv'])('a column wanted by its number, from 0, needs no header: %s', async (name) => {
  const delimiter = name === 'a.csv' ? ',' : '\t';
  const lines = [`${URL}${delimiter}a dog`, `https://a.test/2.jpg${delimiter}a cat`, ''].join('\n');
  const index = await openBytes(name, lines, { urlCol: '0' });
  expect(index.columns.map((column) => column.name)).toEqual(['0', '1']);
  expect(await readValues(index)).toEqual([
    [URL, 'a dog'],
    ['https://a.test/2.jpg', 'a cat'],
  ]);
});

test('a column wanted by its number may be in a header', async () => {
  const index = await openBytes('a.csv', `0,1\n${URL},a dog\n`, { urlCol: '0' });
  expect(await readValues(index)).toEqual([[URL, 'a dog']]);
});

test('a --header that fits no line is refused', async () => {
  await expect(openBytes('a.csv', 'a,b,c\nd,e,f\n', { header: ['caption', 'url'] })).rejects.toThrow(
    "a.csv' as CSV: --header names 2 columns, and its first line has 3 fields",
  );
});

test.each([
  ['a.csv', `a dog,${URL}\n`, '--header caption,url'],
  ['a.csv', `"${URL}",17,a dog on a beach,en\n`, '--header url,column_2,caption,column_4'],
  ['a.tsv', `7\t7\ta\t${URL}\thttps://b.test/page\n`, '--header column_1,column_2,caption,url_4,url_5'],
  ['a.csv', `//a.test/1,x y\n`, '--header url,caption'],
  ['a.csv', `www.a.test/1,x y\n`, '--header url,caption'],
  ['a.csv', `img/1.jpg,x y\n`, '--header url,caption'],
  ['a.csv', `${URL}\n${URL}\n`, '--header url'],
  ['a.csv', `a dog;${URL}\na cat;${URL}\n`, '--header caption,url'],
])(
  '%s: a first line %j is a row, and the message says how to name the columns',
  async (name, text, option) => {
    await expect(openBytes(name, text)).rejects.toThrow(
      `its first line holds a URL, so it is a row and not a header; name the columns with ${option}`,
    );
  },
);

test('a file without header reads with the option that the message names', async () => {
  const text = Array.from({ length: 5 }, (_, row) => `caption ${row}\thttps://a.test/${row}.jpg\n`).join('');
  const failure = await openBytes('a.tsv', text).catch((error: Error) => error.message);
  const header = /--header (\S+)$/.exec(String(failure))?.[1]?.split(',');
  expect(await readRows(await openBytes('a.tsv', text, { header }))).toHaveLength(5);
});

test('--header is refused for a format whose columns have names', async () => {
  const [source] = await findSources([import.meta.filename], { inputFormat: 'jsonl' });
  if (source === undefined) throw new Error('no source');
  await expect(openIndex(source, { header: ['url'] })).rejects.toThrow(
    /^Cannot apply --header to '.*': expected CSV, TSV or text, found JSON Lines/,
  );
});

test.each([
  [`caption\turl\nx\t${URL}\n`, '--input-format tsv'],
  [`identifier,title\n${URL},x\n`, '--input-format csv'],
  [`${URL}\ta dog\n${URL}\ta cat\n`, '--input-format tsv --header url,caption'],
  [`${URL},a dog runs\n${URL},"a cat, asleep"\n`, '--input-format csv --header url,caption'],
  [`a dog,${URL}\na cat,${URL}\n`, '--input-format csv --header caption,url'],
])('a .txt that is a table is no list of URLs: %j', async (text, options) => {
  await expect(openBytes('a.txt', text)).rejects.toThrow(
    `a.txt' as text: expected one URL on each line, found a table; read it with ${options}`,
  );
});

test.each([
  `${URL}\n${URL}\ta dog\n`,
  `${URL}\ta dog\n`,
  'https://a.test/1,2.jpg\nhttps://a.test/3,4.jpg\n',
  'https://a.test/w_100,h_100/a b.jpg\nhttps://a.test/w_100,h_100/c\n',
  'img/1,2.jpg\nimg/3,4.jpg\n',
  'no url, and no table\nnor this\n',
])('a list of URLs with tabs or commas in some lines stays a list: %j', async (text) => {
  expect(await readValues(await openBytes('a.txt', text))).toEqual(
    text
      .trim()
      .split('\n')
      .map((line) => [line]),
  );
});
