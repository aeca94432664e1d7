import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitItems } from '../../../src/inputs/json/json-items.ts';
import type { JsonRecord } from '../../../src/inputs/json/json-records.ts';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { openBytes, readRows, readValues } from '../files.ts';

test('openJson reads an array of objects, whatever its strings contain', async () => {
  const records = [
    { url: 'a]},{["', n: 1 },
    { url: '\\"', n: null },
    { url: 'ü', n: 3 },
  ];
  const index = await openBytes('a.json', ` \n${JSON.stringify(records, null, 2)}\n`);
  expect(await readValues(index)).toEqual([
    ['a]},{["', 1n],
    ['\\"', null],
    ['ü', 3n],
  ]);
});

test('openJson reads an empty array as no rows', async () => {
  expect(await readRows(await openBytes('a.json', '[ ]'), 0, [])).toEqual([]);
});

test('openJson: elements that are not objects are unreadable', async () => {
  const index = await openBytes('a.json', '[{"url": "a"}, 5, {"url" 1}, {"url": "b"},]');
  expect(await readRows(index)).toEqual([
    { values: ['a'] },
    { unreadable: 'record 2: expected an object, found int64' },
    { unreadable: 'record 3: not valid JSON' },
    { values: ['b'] },
    { unreadable: 'record 5: not valid JSON' },
  ]);
});

test.each([
  ['', 'it is empty'],
  ['"url"', "it begins with '\"'"],
  ['[{"url": "a"}', 'it ends inside record 1'],
  ['[{"url": "a"}] x', 'something follows the array of 1 records'],
])('openJson refuses %j: %s', async (text, reason) => {
  await expect(openBytes('a.json', text)).rejects.toThrow(
    `a.json' as JSON: ${reason}; expected a list of objects`,
  );
});

test('splitItems cuts where a parser would, wherever the chunks end', async () => {
  const fail = (reason: string) => new Error(reason);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), async (elements, size) => {
      const bytes = Buffer.from(JSON.stringify(elements, null, 1));
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const records: JsonRecord[] = [];
      for await (const batch of splitItems(chunks(), 'list', 1 << 20, fail)) records.push(...batch);
      expect(records.map((record) => JSON.parse(String(record.bytes)))).toEqual(
        JSON.parse(JSON.stringify(elements)),
      );
    }),
  );
});

const ROWS = [
  ['a', 'x, "y"', 1n],
  ['b}', null, 2n],
  ['c\\', 'ü]', 9007199254740993n],
];
const [URLS, TEXTS, IDS] = ['["a","b}","c\\\\"]', '["x, \\"y\\"", null ,"ü]"]', '[1,2,9007199254740993]'];

test.each([
  ['lists', `{"url": ${URLS}, "text": ${TEXTS},\n "id": ${IDS}}`],
  [
    'objects, as pandas writes them',
    '{"url":{"0":"a","x:\\"":"b}","2":"c\\\\"},"text":{"0":"x, \\"y\\"","x:\\"":null,"2":"ü]"},' +
      '"id":{"0":1,"x:\\"":2,"2":9007199254740993}}',
  ],
  [
    "pandas' orient='split'",
    '{"columns":["url","text","id"],"index":[0,1,2],"data":[["a","x, \\"y\\"",1],["b}",null,2],' +
      '["c\\\\","ü]",9007199254740993]]}',
  ],
  [
    "pandas' orient='index'",
    '{"0":{"url":"a","text":"x, \\"y\\"","id":1},"7":{"url":"b}","text":null,"id":2},' +
      '"8":{"url":"c\\\\","text":"ü]","id":9007199254740993}}',
  ],
  [
    'the only list of objects',
    '{"info": {"year": [2017]}, "annotations": [{"url":"a","text":"x, \\"y\\"","id":1},' +
      '{"url":"b}","text":null,"id":2},{"url":"c\\\\","text":"ü]","id":9007199254740993}], "n": 3}',
  ],
  [
    'an object a line',
    '{"url":"a","text":"x, \\"y\\"","id":1}\n{"url":"b}","text":null,"id":2}\n' +
      '{"url":"c\\\\","text":"ü]","id":9007199254740993}\n',
  ],
])('openJson reads an object of %s', async (_, text) => {
  for (const bytes of [text, `\n ${text}\n`, `\uFEFF${text}`]) {
    const index = await openBytes('a.json', bytes);
    expect(index.columns.map(({ name }) => name)).toEqual(['url', 'text', 'id']);
    expect(await readValues(index)).toEqual(ROWS);
    expect(await readValues(index, 2)).toEqual(ROWS.slice(2));
  }
});

test('openJson reads columns from gzip and from standard input, and leaves no copy behind', async () => {
  const text = `{"url": ${URLS}, "text": ${TEXTS}, "id": ${IDS}}`;
  const before = await readdir(tmpdir());
  const zipped = await openBytes('a.json.gz', gzipSync(text));
  expect(await readValues(zipped)).toEqual(ROWS);
  expect(await readValues(zipped)).toEqual(ROWS);
  await zipped.close();
  const path = join(await useTempFolder(), 'a.json');
  await writeFile(path, text);
  const [source] = await findSources(['-'], { inputFormat: 'json', stdin: createReadStream(path) });
  if (source === undefined) throw new Error('there is no source');
  const piped = await openIndex(source);
  expect(await readValues(piped)).toEqual(ROWS);
  await piped.close();
  const left = (await readdir(tmpdir())).filter((name) => !before.includes(name));
  expect(left.filter((name) => /^laion-fetch-\w{6}$/.test(name))).toEqual([]);
});

test('openJson zips columns that take many pieces of the file', async () => {
  const n = 20_000;
  const column = (make: (row: number) => unknown) =>
    Object.fromEntries(Array.from({ length: n }, (_, row) => [row, make(row)]));
  const table = {
    url: column((row) => `u${row}`),
    text: column((row) => 'x'.repeat(row % 97)),
    n: column(Number),
  };
  const values = await readValues(await openBytes('a.json', JSON.stringify(table)));
  expect(values).toHaveLength(n);
  expect(
    values.every(
      ([url, text, id], row) => url === `u${row}` && text === 'x'.repeat(row % 97) && id === BigInt(row),
    ),
  ).toBe(true);
});

test('openJson asks which of several lists holds the rows, and reads the one that --records names', async () => {
  const text = '{"images": [{"url": "a"}], "annotations": [{"url": "b"}, {"url": "c"}]}';
  await expect(openBytes('a.json', text)).rejects.toThrow(
    "several of its lists may be the rows: 'images', 'annotations'; name one with --records",
  );
  expect(await readValues(await openBytes('a.json', text, { records: 'annotations' }))).toEqual([
    ['b'],
    ['c'],
  ]);
  await expect(openBytes('a.json', text, { records: 'rows' })).rejects.toThrow("it has no member 'rows'");
});

test('openJson tells which members of an object are left out', async () => {
  const notices: string[] = [];
  const onNotice = (message: string) => notices.push(message);
  await openBytes('a.json', '{"year": 2017, "rows": [{"url": "a"}]}', { onNotice });
  expect(notices).toEqual([
    expect.stringMatching(/a\.json': these members are no rows and are left out: year$/),
  ]);
});

test.each([
  [
    '{"url": ["a", "b"], "text": ["x"]}',
    "its columns differ in length: 'url' has 2 values, 'text' has 1 values",
  ],
  [
    '{"url": {"0": "a", "1": "b"}, "text": {"0": "x", "2": "y"}}',
    "its columns 'url' and 'text' have different keys",
  ],
  ['{"url": ["a"], "url": ["b"]}', "it has the member 'url' twice"],
  ['{"url": ["a"]} x', 'something follows the object'],
  ['{"url": ["a"', 'it ends inside the object'],
  ['{"a": {"b": 1}, "c": [1]}', "it is an object without a list of rows or columns; it has 'a', 'c'"],
])('openJson refuses the object %s', async (text, reason) => {
  await expect(openBytes('a.json', text)).rejects.toThrow(reason);
});
