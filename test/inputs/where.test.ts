import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { makeParquet, openBytes, openPath, readValues } from './files.ts';

const makeIndex = () =>
  makeParquet(
    "SELECT i AS n, 'u' || i AS url, (i % 10) / 10.0 AS similarity FROM range(10000) t(i)",
    ', ROW_GROUP_SIZE 2048',
  );

async function numbers(where: string, from = 0): Promise<unknown[]> {
  const values = await readValues(await openPath(await makeIndex(), { where }), from);
  return values.map(([n]) => Number(n));
}

describe('--where', () => {
  test('selects rows in the order of the file', async () => {
    expect(await numbers('similarity > 0.8')).toEqual(Array.from({ length: 1000 }, (_, row) => row * 10 + 9));
  });

  test('counts the first row after selecting', async () => {
    expect(await numbers('similarity > 0.8', 998)).toEqual([9989, 9999]);
    expect(await numbers('similarity > 0.8', 1000)).toEqual([]);
  });

  test('does not know the number of rows', async () => {
    expect((await openPath(await makeIndex(), { where: 'n > 5' })).rowCount).toBeNull();
  });

  test('may be compound and end in a comment', async () => {
    expect(await numbers("n < 3 OR url = 'u7' -- the seventh")).toEqual([0, 1, 2, 7]);
  });

  test.each([
    ['simularity > 0.5', /Referenced column "simularity" not found.*similarity/],
    ['similarity >', /syntax error/],
    ['similarity', /expected a condition, true or false for a row, found/],
    ['n > 1) LIMIT (5', /syntax error/],
    ['true) UNION ALL SELECT * FROM duckdb_settings() WHERE (true', /syntax error|expected a condition/],
    ["true); COPY (SELECT 1) TO 'x'; SELECT (true", /Cannot prepare multiple statements/],
    ['count(*) > 1', /WHERE clause cannot contain aggregates/],
    ['n > ?', /expected a condition without parameters/],
    ['n > 1 /*', /.+/],
  ])('refuses %s', async (where, reason) => {
    const refused = openPath(await makeIndex(), { where });
    await expect(refused).rejects.toMatchObject({ exitCode: 2 });
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow(`Cannot use --where '${where}': `);
  });

  test('reaches no other file', async () => {
    const secret = join(await useTempFolder(), 'secret.csv');
    await writeFile(secret, 'a\n1\n');
    const conditions = [
      `n IN (SELECT a FROM read_csv('${secret}'))`,
      `url = (SELECT content FROM read_text('${secret}'))`,
      `n IN (SELECT a FROM '${secret}')`,
      "url IN (SELECT file FROM glob('/etc/*'))",
    ];
    for (const where of conditions) {
      await expect(openPath(await makeIndex(), { where })).rejects.toThrow(
        /file system operations are disabled/,
      );
    }
  });

  test('names the row where it fails on a value', async () => {
    const index = await openPath(await makeIndex(), {
      where: "CAST(replace(url, '9999', 'x') AS VARCHAR)[2:]::INT >= 0",
    });
    await expect(readValues(index)).rejects.toThrow(/as Parquet after row \d+: Conversion Error/);
  });

  test('is for Parquet only', async () => {
    await expect(openBytes('a.csv', 'url\n', { where: 'true' })).rejects.toThrow(
      /^Cannot apply --where to '.*a\.csv': expected Parquet, found CSV; convert the index to Parquet or leave --where out$/,
    );
  });
});
