import { expect, test } from 'vitest';
import { openBytes, readRows, readValues } from '../files.ts';

test('openTxt reads each line as a URL, verbatim except for surrounding blanks', async () => {
  const index = await openBytes(
    'a.txt',
    '\uFEFFhttps://a.test/1,2.jpg\r\n\r\n  \t\n https://a.test/ü x.jpg \nno url\n',
  );
  expect(index.columns).toEqual([{ name: 'url', type: { kind: 'string' } }]);
  expect(index.rowCount).toBeNull();
  expect(await readValues(index)).toEqual([
    ['https://a.test/1,2.jpg'],
    ['https://a.test/ü x.jpg'],
    ['no url'],
  ]);
});

test('openTxt: lines that are too long or not UTF-8 are unreadable', async () => {
  const bytes = Buffer.concat([
    Buffer.from(`${'x'.repeat(65_537)}\n`),
    Buffer.from([0xff, 0x0a]),
    Buffer.from('ok'),
  ]);
  expect(await readRows(await openBytes('a.txt', bytes))).toEqual([
    { unreadable: 'line 1: longer than 64 KiB' },
    { unreadable: 'line 2: not valid UTF-8; name its encoding with --encoding' },
    { values: ['ok'] },
  ]);
});

test('openTxt reads an empty file as no rows', async () => {
  expect(await readRows(await openBytes('a.txt', ''))).toEqual([]);
});
