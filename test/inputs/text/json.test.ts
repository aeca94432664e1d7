import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitJsonArray } from '../../../src/inputs/text/json-array.ts';
import type { JsonRecord } from '../../../src/inputs/text/json-records.ts';
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
  ['{"url": {"0": "a"}}', "it begins with '{'"],
  ['[{"url": "a"}', 'it ends inside record 1'],
  ['[{"url": "a"}] x', 'something follows the array of 1 records'],
])('openJson refuses %j: %s', async (text, reason) => {
  await expect(openBytes('a.json', text)).rejects.toThrow(
    `a.json' as JSON: ${reason}; expected one array of objects`,
  );
});

test('splitJsonArray cuts where a parser would, wherever the chunks end', async () => {
  const fail = (reason: string) => new Error(reason);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), async (elements, size) => {
      const bytes = Buffer.from(JSON.stringify(elements, null, 1));
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const records: JsonRecord[] = [];
      for await (const batch of splitJsonArray(chunks(), 1 << 20, fail)) records.push(...batch);
      expect(records.map((record) => JSON.parse(String(record.bytes)))).toEqual(
        JSON.parse(JSON.stringify(elements)),
      );
    }),
  );
});
