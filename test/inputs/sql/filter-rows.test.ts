import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { IndexFile, OpenOptions } from '../../../src/inputs/file/index-file.ts';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { makeParquet, openBytes, openPath, readValues, runSql } from '../files.ts';

const ROWS = 3000;
/** The same rows as numbers and as texts. */
const QUERY = `SELECT 'https://a.test/' || i AS url, CASE WHEN i % 7 = 0 THEN 'Ein Bär, ' || i ELSE 'cat ' || i END AS caption,
  i AS n, (i % 100) / 100.0::DOUBLE AS similarity, CASE WHEN i % 3 = 0 THEN 'de' ELSE 'en' END AS lang
  FROM range(${ROWS}) t(i)`;
const CONDITIONS = [
  'similarity > 0.3 AND n < 2500',
  "caption LIKE '%Bär%' OR n % 1000 = 1",
  "n >= 2990 OR url = 'https://a.test/7'",
  'similarity IS NULL',
  "length(caption) > 6 AND lower(lang) IN ('de', 'fr') AND n / 2 > 100",
  '"Similarity" * 2 > 1.9 -- in another case',
];

async function makeFiles(): Promise<Record<string, string>> {
  const folder = await useTempFolder();
  const at = (name: string) => join(folder, name);
  const copy = (name: string, format: string) => `COPY (${QUERY}) TO '${at(name)}' (${format})`;
  await runSql(
    copy('a.csv', 'FORMAT csv'),
    copy('a.tsv', "FORMAT csv, DELIMITER '\t'"),
    copy('a.csv.gz', 'FORMAT csv, COMPRESSION gzip'),
    copy('a.jsonl', 'FORMAT json'),
    copy('a.json', 'FORMAT json, ARRAY true'),
  );
  return Object.fromEntries(
    ['a.csv', 'a.tsv', 'a.csv.gz', 'a.jsonl', 'a.json'].map((name) => [name, at(name)]),
  );
}

const urls = async (index: IndexFile, from = 0) => (await readValues(index, from)).map(([url]) => url);

describe('--where selects the rows that it selects of Parquet', () => {
  async function readParquet(): Promise<readonly unknown[][]> {
    const path = await makeParquet(QUERY);
    const parquet = await Promise.all(CONDITIONS.map(async (where) => urls(await openPath(path, { where }))));
    expect(parquet.map((rows) => rows.length > 0)).toEqual(
      CONDITIONS.map((text) => text !== 'similarity IS NULL'),
    );
    return parquet;
  }

  test('of CSV, TSV, JSON Lines and JSON', async () => {
    const parquet = await readParquet();
    for (const [name, path] of Object.entries(await makeFiles())) {
      for (const [at, where] of CONDITIONS.entries()) {
        const index = await openPath(path, { where });
        expect(index.rowCount).toBeNull();
        expect(await urls(index), `${name}: ${where}`).toEqual(parquet[at]);
      }
    }
  });

  test('counted from any of them on', async () => {
    const parquet = await readParquet();
    const { 'a.csv': path = '' } = await makeFiles();
    const index = await openPath(path, { where: CONDITIONS[0] });
    for (const from of [1, 1000, 1700, ROWS])
      expect(await urls(index, from)).toEqual(parquet[0]?.slice(from));
  });

  test('of Arrow, with its types', async () => {
    const table = tableFromArrays({
      url: ['a', 'b', 'c'],
      n: Int32Array.of(1, 2, 3),
      s: Float32Array.of(0.5, 1, 2),
    });
    const bytes = tableToIPC(table, 'file');
    expect(await urls(await openBytes('a.arrow', bytes, { where: 'n = 2 OR s >= 2' }))).toEqual(['b', 'c']);
  });
});

describe('a condition on texts', () => {
  const open = (rows: readonly string[], where: string, more: OpenOptions = {}) =>
    openBytes('a.csv', ['url,id,size', ...rows].join('\n'), { where, ...more });

  test('compares codes as texts, and numbers as numbers although some are empty or none', async () => {
    const rows = ['a,007,9', 'b,7,10', 'c,07,'];
    expect(await urls(await open(rows, "id = '007'"))).toEqual(['a']);
    expect(await urls(await open(rows, 'size > 9'))).toEqual(['b']);
    expect(await urls(await open(rows, 'size IS NULL'))).toEqual(['c']);
    const late = Array.from(
      { length: 20_000 },
      (_, row) => `u${row},${row},${row === 15_000 ? 'large' : row}`,
    );
    expect(await urls(await open(late, 'size >= 14999 AND size <= 15001'))).toEqual(['u14999', 'u15001']);
  });

  test('takes what is empty in the first rows for what the condition uses it for', async () => {
    const rows = [...Array(30_000).fill('a,,1'), 'b,5,1', 'c,x,2'];
    expect(await urls(await open(rows, 'id > 4 AND size > 0'))).toEqual(['b']);
    expect(await urls(await open(rows, "id LIKE 'x%' AND size > 0"))).toEqual(['c']);
  });

  test('keeps all digits of long integers', async () => {
    const rows = ['a,9007199254740993,1', 'b,9007199254740992,1'];
    expect(await urls(await open(rows, 'id = 9007199254740993'))).toEqual(['a']);
  });

  test('fails in words where a text is no number', async () => {
    await expect(open(['a,x,1', 'b,7,1'], 'id > 6')).rejects.toThrow(
      /^Cannot use --where 'id > 6': Binder Error: Cannot compare values of type VARCHAR and type INTEGER_LITERAL/,
    );
    const index = await open(['a,x,1', 'b,7,1'], 'CAST(id AS INT) > 6');
    await expect(readValues(index)).rejects.toThrow(
      /: in rows 1 to 2, Conversion Error: .*'x'.*; TRY_CAST\(column AS type\) is null there$/,
    );
    expect(await urls(await open(['a,x,1', 'b,7,1'], 'TRY_CAST(id AS INT) > 6'))).toEqual(['b']);
  });

  test('is refused before any row is read, and selects no row that cannot be read', async () => {
    await expect(open(['a,1,2'], 'simularity > 1')).rejects.toThrow(
      /Referenced column "simularity" not found/,
    );
    await expect(open(['a,1,2'], "id > 1; SELECT 'x'")).rejects.toThrow(/syntax error/);
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    expect(await urls(await open(['a,1,2', 'b,2', 'c,3,4'], 'id > 0', { onNotice }))).toEqual(['a', 'c']);
    expect(notices).toEqual([
      expect.stringMatching(/row 2: line 3: expected 3 fields, found 2; --where leaves such rows out$/),
    ]);
  });
});

describe('columns of folders', () => {
  async function makeFolders(): Promise<string> {
    const folder = await useTempFolder();
    for (const [name, year] of Object.entries({ a: 2019, b: 2021 })) {
      await mkdir(join(folder, `year=${year}`));
      await runSql(
        `COPY (SELECT '${name}1' AS url) TO '${folder}/year=${year}/1.parquet' (FORMAT parquet)`,
        `COPY (SELECT '${name}2' AS url) TO '${folder}/year=${year}/2.csv' (FORMAT csv)`,
      );
    }
    return folder;
  }

  test.each([
    ['year > 2020', ['b1', 'b2']],
    ["year = 2019 AND url LIKE '%2'", ['a2']],
    ['year < 2000 OR missing IS NULL AND missing2 IS NULL', ['a1', 'a2', 'b1', 'b2']],
  ])('%s', async (where, expected) => {
    const whereColumns = [
      { name: 'year', type: { kind: 'int', bits: 64, signed: true } },
      {
        name: 'missing',
        type: { kind: 'list', element: { kind: 'struct', fields: [{ name: 'a', type: { kind: 'date' } }] } },
      },
      { name: 'missing2', type: { kind: 'decimal', precision: 10, scale: 2 } },
    ] as const;
    const found: unknown[] = [];
    for (const source of await findSources([await makeFolders()])) {
      const index = await openIndex(source, { where, whereColumns });
      onTestFinished(() => index.close());
      const values = await readValues(index);
      found.push(...values.map(([url]) => url));
      expect(values.every((row) => row.length === 2)).toBe(true);
    }
    expect(found).toEqual(expected);
  });
});
