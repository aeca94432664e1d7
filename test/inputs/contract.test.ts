import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { INPUT_FORMATS, type InputFormat } from '../../src/core/choices.ts';
import type { IndexFile } from '../../src/inputs/file/index-file.ts';
import { makeParquet, openBytes, openPath, readRows, readValues } from './files.ts';
import { makeTar } from './webdataset/make-tar.ts';

const URLS = Array.from({ length: 5000 }, (_, row) => `https://a.test/${row}.jpg`);
const CAPTIONS = URLS.map((_, row) => `caption ${row}`);
const records = URLS.map((url, row) => ({ url, text: CAPTIONS[row] }));
const delimited = (mark: string) =>
  [`url${mark}text`, ...URLS.map((url, row) => `${url}${mark}${CAPTIONS[row]}`)].join('\n');

/** The same index of 5,000 rows in every format; the text format has only URLs. */
const MAKERS: Record<InputFormat, () => Promise<IndexFile>> = {
  parquet: async () =>
    openPath(
      await makeParquet(
        "SELECT 'https://a.test/' || i || '.jpg' AS url, 'caption ' || i AS text FROM range(5000) t(i)",
        ', ROW_GROUP_SIZE 2048',
      ),
    ),
  csv: () => openBytes('index.csv', delimited(',')),
  tsv: () => openBytes('index.tsv', delimited('\t')),
  json: () => openBytes('index.json', JSON.stringify(records, null, 1)),
  jsonl: () => openBytes('index.jsonl', records.map((record) => JSON.stringify(record)).join('\n')),
  txt: () => openBytes('index.txt', URLS.join('\n')),
  webdataset: async () =>
    openBytes(
      'index.tar',
      await makeTar(records.map((record, row) => [`${row}.json`, JSON.stringify(record)] as const)),
    ),
  arrow: () => openBytes('index.arrow', tableToIPC(tableFromArrays({ url: URLS, text: CAPTIONS }), 'file')),
};

describe.each(INPUT_FORMATS)('an index in %s', (format) => {
  test('returns every row once and in order', async () => {
    const values = await readValues(await MAKERS[format]());
    expect(values.map(([url]) => url)).toEqual(URLS);
    if (format !== 'txt') expect(values.map(([, text]) => text)).toEqual(CAPTIONS);
  });

  test('returns the same rows when it is read again', async () => {
    const index = await MAKERS[format]();
    expect(await readRows(index)).toEqual(await readRows(index));
  });

  test.each([0, 1, 2047, 2048, 4999, 5000, 9999])('begins at row %i', async (from) => {
    const values = await readValues(await MAKERS[format](), from);
    expect(values.map(([url]) => url)).toEqual(URLS.slice(from));
  });

  test('has null for a column that was not requested', async () => {
    const index = await MAKERS[format]();
    const rows = await readRows(index, 4999, [0]);
    const others = index.columns.slice(1).map(() => null);
    expect(rows).toEqual([{ values: [URLS[4999], ...others] }]);
  });

  test('returns its rows even if no column is requested', async () => {
    expect(await readRows(await MAKERS[format](), 1, [])).toHaveLength(4999);
  });

  test('stops with the reason when it is aborted', async () => {
    const index = await MAKERS[format]();
    const abort = new AbortController();
    const reason = new Error('enough');
    const read = async () => {
      for await (const _ of index.rows({ from: 0, columns: [0], signal: abort.signal })) abort.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
  });

  test('returns no rows if it is aborted before the start', async () => {
    const index = await MAKERS[format]();
    const reason = new Error('too late');
    const rows = index.rows({ from: 0, columns: [0], signal: AbortSignal.abort(reason) });
    await expect(rows[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  });

  test('can be abandoned before its end and read again', async () => {
    const index = await MAKERS[format]();
    for await (const _ of index.rows({ from: 0, columns: [0] })) break;
    expect(await readRows(index, 4998)).toHaveLength(2);
  });
});
