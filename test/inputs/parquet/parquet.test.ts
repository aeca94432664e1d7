import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { typeName } from '../../../src/core/columns.ts';
import { UserError } from '../../../src/core/errors.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { makeParquet, openBytes, openPath, readRows, readValues } from '../files.ts';

async function readOne(expression: string): Promise<[type: string, values: unknown[]]> {
  const index = await openPath(await makeParquet(expression));
  const values = await readValues(index);
  return [index.columns.map(({ type }) => typeName(type)).join(), values.map(([value]) => value)];
}

describe('openParquet reads', () => {
  test.each<[sql: string, type: string, value: unknown]>([
    ['true', 'bool', true],
    ['(-128)::TINYINT', 'int8', -128],
    ['(-32768)::SMALLINT', 'int16', -32_768],
    ['7::INTEGER', 'int32', 7],
    ['9223372036854775807::BIGINT', 'int64', 9223372036854775807n],
    ['255::UTINYINT', 'uint8', 255],
    ['65535::USMALLINT', 'uint16', 65_535],
    ['4294967295::UINTEGER', 'uint32', 4_294_967_295],
    ['18446744073709551615::UBIGINT', 'uint64', 18446744073709551615n],
    ['0.25::FLOAT', 'float', 0.25],
    ['0.1::DOUBLE', 'double', 0.1],
    ['(-12.50)::DECIMAL(10, 2)', 'decimal(10, 2)', '-12.50'],
    ["'ü😀'", 'string', 'ü😀'],
    ["'b'::ENUM('a', 'b')", 'string', 'b'],
    ["'00000000-0000-0000-0000-000000000001'::UUID", 'string', '00000000-0000-0000-0000-000000000001'],
    ["'\\x00\\xFF'::BLOB", 'bytes', Buffer.from([0, 255])],
    ['\'{"a": 1}\'::JSON', 'json', '{"a": 1}'],
    ["DATE '1969-12-31'", 'date', -1],
    ["TIME '00:00:01.5'", 'time', 1_500_000n],
    ["TIMESTAMP '1970-01-01 00:00:01.000001'", 'timestamp[us]', 1_000_001n],
    ["TIMESTAMP_NS '1970-01-01 00:00:00.000000001'", 'timestamp[ns]', 1n],
    ["TIMESTAMPTZ '1970-01-01 00:00:01+00'", 'timestamp[us, UTC]', 1_000_000n],
    ['INTERVAL 1 DAY', 'string', '1 day'],
    ['[1::BIGINT, NULL]', 'list<int64>', [1n, null]],
    ['[[0.5::DOUBLE], NULL, []]', 'list<list<double>>', [[0.5], null, []]],
    ["{'a': 1::BIGINT, 'b': NULL::VARCHAR}", 'struct<a: int64, b: string>', { a: 1n, b: null }],
    ["MAP {'k': 1}", 'list<struct<key: string, value: int32>>', [{ key: 'k', value: 1 }]],
  ])('%s as %s, and its null', async (sql, type, value) => {
    const typed = `SELECT v FROM (VALUES (${sql}), (NULL)) t(v)`;
    expect(await readOne(typed)).toEqual([type, [value, null]]);
  });

  test('infinite dates and timestamps as null', async () => {
    expect(
      await readOne("SELECT unnest([DATE 'infinity', DATE '-infinity', DATE '1970-01-02']) AS v"),
    ).toEqual(['date', [null, null, 1]]);
    expect(await readOne("SELECT unnest([TIMESTAMP 'infinity', TIMESTAMP '-infinity']) AS v")).toEqual([
      'timestamp[us]',
      [null, null],
    ]);
  });

  test.each(['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw'])(
    'the codec %s',
    async (codec) => {
      const path = await makeParquet('SELECT i AS n FROM range(5000) t(i)', `, COMPRESSION ${codec}`);
      expect(await readValues(await openPath(path), 4999)).toEqual([[4999n]]);
    },
  );
});

describe('openParquet', () => {
  test('knows the number of rows', async () => {
    expect((await openPath(await makeParquet('SELECT 1 AS n FROM range(3)'))).rowCount).toBe(3);
    const empty = await openPath(await makeParquet("SELECT 'a' AS url WHERE false"));
    expect(empty.rowCount).toBe(0);
    expect(await readRows(empty)).toEqual([]);
  });

  test('starts at any row, even if a column is named file_row_number', async () => {
    const path = await makeParquet(
      'SELECT i AS file_row_number FROM range(5000) t(i)',
      ', ROW_GROUP_SIZE 2048',
    );
    expect(await readValues(await openPath(path), 4998)).toEqual([[4998n], [4999n]]);
  });

  test('reads paths that look like globs, like SQL, or like partitions', async () => {
    const path = await makeParquet("SELECT 'a' AS url");
    const folder = join(await useTempFolder(), 'year=2020');
    await mkdir(folder);
    const odd = join(folder, "it's [1]*?.parquet");
    await rename(path, odd);
    const index = await openPath(odd);
    expect(index.columns.map(({ name }) => name)).toEqual(['url']);
    expect(await readValues(index)).toEqual([['a']]);
  });

  test('reads columns whose names need quotes', async () => {
    const index = await openPath(await makeParquet('SELECT 1 AS "a ""b"" c", 2 AS "select"'));
    expect(index.columns.map(({ name }) => name)).toEqual(['a "b" c', 'select']);
    expect(await readValues(index)).toEqual([[1, 2]]);
  });

  test('reports a file that is not Parquet', async () => {
    await expect(openBytes('a.parquet', 'url\nhttps://a.test/\n')).rejects.toThrow(
      /^Cannot read '.*a\.parquet' as Parquet: .*/,
    );
    await expect(openBytes('a.parquet', '')).rejects.toThrow(/^Cannot read '.*a\.parquet' as Parquet: .*/);
  });

  test('returns the rows before a damaged page, then throws instead of ending silently', async () => {
    const path = await makeParquet(
      'SELECT i AS n, md5(i::VARCHAR) AS url FROM range(100000) t(i)',
      ', ROW_GROUP_SIZE 10000, COMPRESSION snappy',
    );
    const bytes = await readFile(path);
    const place = Math.floor(bytes.length * 0.6);
    bytes.fill(0xff, place, place + 1000);
    await writeFile(path, bytes);
    const index = await openPath(path);
    const urls: unknown[] = [];
    const read = async () => {
      for await (const batch of index.rows({ from: 0, columns: [0, 1] })) urls.push(...batch);
    };
    await expect(read()).rejects.toThrow(/^Cannot read '.*index\.parquet' as Parquet after row \d+: /);
    expect(urls.length).toBeGreaterThan(10_000);
    expect(urls[9999]).toEqual({ values: [9999n, expect.any(String)] });
  });

  test('returns rows or throws a UserError, wherever a file is damaged', async () => {
    const path = await makeParquet(
      "SELECT i AS n, md5(i::VARCHAR) AS url, [i, NULL] AS l, {'a': i} AS s FROM range(3000) t(i)",
      ', ROW_GROUP_SIZE 2048',
    );
    const whole = await readFile(path);
    let refused = 0;
    for (let round = 0; round < 60; round += 1) {
      // The multiplier is coprime to every length, so the damage is spread over the file.
      const place = (round * 7919 * 31) % whole.length;
      const mutant = round % 2 === 0 ? whole.subarray(0, place) : Buffer.from(whole);
      if (round % 2 === 1) mutant.fill(round, place, place + 3);
      const outcome = await openBytes('mutant.parquet', mutant)
        .then((index) => readRows(index))
        .catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(UserError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(30);
  });
});
