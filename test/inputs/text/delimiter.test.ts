import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openBytes, readValues } from '../files.ts';

const URL = 'https://a.test/1.jpg';

test.each([
  ['a.csv', ';'],
  ['a.csv', '|'],
  ['a.csv', '\t'],
  ['a.csv', '\u0001'],
  ['a.csv', '¦'],
  ['a.tsv', ','],
  ['a.txt', ','],
])('--delimiter: %s with %j', async (name, mark) => {
  const text = `url${mark}text\n${URL}${mark}"a${mark}b ""c"""\n`;
  const index = await openBytes(name, text, { delimiter: mark });
  expect(index.columns.map((column) => column.name)).toEqual(['url', 'text']);
  expect(await readValues(index)).toEqual([[URL, `a${mark}b "c"`]]);
});

test.each([
  ['a.csv', ';'],
  ['a.csv', '|'],
  ['a.csv', '\t'],
  ['a.tsv', ','],
  ['a.tsv', ';'],
])('recognises the delimiter of %s, %j, wherever the chunks end', async (name, mark) => {
  const field = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '|', '\t', '\n', ' ') });
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(field, field), { maxLength: 30 }), async (rows) => {
      const text = [['url', 'text'], ...rows].map((row) => `${row.map(quote).join(mark)}\n`).join('');
      expect(await readValues(await openBytes(name, text))).toEqual(rows);
    }),
    { numRuns: 30 },
  );
});

test('sep=; in the first line names the delimiter', async () => {
  const index = await openBytes('a.csv', `sep=;\r\nurl;text\r\n${URL};a,b\r\n`);
  expect(index.columns.map((column) => column.name)).toEqual(['url', 'text']);
  expect(await readValues(index)).toEqual([[URL, 'a,b']]);
});

test.each([
  ['url;n, cm;text', [`${URL};5;a`, `${URL};6;b, c, d`], ['url', 'n, cm', 'text']],
  ['url,a;b', [`${URL},1`, `${URL},2;3`], ['url', 'a;b']],
  ['url,a|b', [`${URL},1|2`, `${URL},2|3`], ['url', 'a|b']],
  ['"url;text"', [], ['url;text']],
])('the header %j may have other characters', async (header, lines, names) => {
  const index = await openBytes('a.csv', [header, ...lines].join('\n'));
  expect(index.columns.map((column) => column.name)).toEqual(names);
  expect(await readValues(index)).toHaveLength(lines.length);
});

test.each([
  [
    'a.csv',
    `url;text\n${URL};a;b\n`,
    "no ',', and it is unclear which other character is between its fields; name it: --delimiter ';'",
  ],
  ['a.csv', `url;a|b\n${URL};c|d\n`, "--delimiter ';'"],
  [
    'a.tsv',
    `url,text\n${URL},a,b\n`,
    "no tab, and it is unclear which other character is between its fields; name it: --delimiter ','",
  ],
])('%s: asks for the delimiter of %j', async (name, text, message) => {
  await expect(openBytes(name, text)).rejects.toThrow(message);
});

test('--header tells how many fields a line has', async () => {
  const text = `a;b, c;${URL}\nd, e;f;${URL}\n`;
  const index = await openBytes('a.csv', text, { header: ['a', 'b', 'url'] });
  expect(await readValues(index)).toEqual([
    ['a', 'b, c', URL],
    ['d, e', 'f', URL],
  ]);
});
