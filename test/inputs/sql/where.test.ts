import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSandboxedDuckDB } from '../../../src/inputs/sql/duckdb.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { makeParquet, openPath, readValues } from '../files.ts';

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

  test('counts `from` in selected rows', async () => {
    expect(await numbers('similarity > 0.8', 998)).toEqual([9989, 9999]);
    expect(await numbers('similarity > 0.8', 1000)).toEqual([]);
  });

  test('leaves the number of rows unknown', async () => {
    expect((await openPath(await makeIndex(), { where: 'n > 5' })).rowCount).toBeNull();
  });

  test('accepts compound conditions and a comment at the end', async () => {
    expect(await numbers("n < 3 OR url = 'u7' -- the seventh")).toEqual([0, 1, 2, 7]);
  });

  test.each([
    ['simularity > 0.5', /Referenced column "simularity" not found.*similarity/],
    ['similarity >', /syntax error/],
    ['similarity', /expected a condition, true or false for a row, found/],
    // More than one condition.
    ['n > 1) LIMIT (5', /nothing else/],
    ['true) UNION ALL SELECT * FROM duckdb_settings() WHERE (true', /nothing else/],
    ['true) GROUP BY (n', /nothing else/],
    ['true) ORDER BY (n', /nothing else/],
    ['true) QUALIFY (true', /nothing else/],
    ['true) WINDOW w AS (ORDER BY n', /nothing else|syntax error/],
    ["true); COPY (SELECT 1) TO 'x'; SELECT (true", /Only SELECT statements can be serialized/],
    ['true); SELECT (true', /nothing else/],
    ['true); DROP TABLE x; SELECT (true', /Only SELECT/],
    ["true); SET memory_limit = '1TB'; SELECT (true", /Only SELECT/],
    ['true); INSTALL httpfs; SELECT (true', /Only SELECT/],
    ["true); ATTACH 'x.db'; SELECT (true", /Only SELECT/],
    ['n > 1 /*', /.+/],
    // More than the current row.
    ['count(*) > 1', /may not use the function count_star/],
    ['sum(n) OVER () > 1', /it has a window/],
    ['EXISTS (SELECT 1)', /it has a subquery/],
    ['n > (SELECT 1)', /it has a subquery/],
    ['n = ANY([1, 2])', /it has a subquery/],
    [
      '(WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t) SELECT max(i) FROM t) > 0',
      /subquery/,
    ],
    ['unnest([true, false])', /may not use the function unnest/],
    ['COLUMNS(*) IS NOT NULL', /it has a star/],
    ['n > ?', /it has a parameter/],
    ['#1 = 1', /it has a positional reference/],
    ['list_transform([1], lambda x: x + 1) = [2]', /may not use the function list_transform/],
    // Access to the machine.
    ["getenv('HOME') <> ''", /may not use the function getenv/],
    ["current_setting('memory_limit') = 'x'", /may not use the function current_setting/],
    ["read_text('/etc/passwd') IS NULL", /may not use the function read_text/],
    ["nextval('s') > 0", /may not use the function nextval/],
    ["query('SELECT 1') IS NULL", /may not use the function query/],
    ["main.lower(url) = 'x'", /may not use the function lower/],
    ['pg_sleep(1) IS NULL', /may not use the function pg_sleep/],
    // A different result each time.
    ['random() > 0.5', /may not use the function random/],
    ["now() > TIMESTAMP '2020-01-01'", /may not use the function now/],
    ["current_date > DATE '2020-01-01'", /'current_date' is not a column/],
    ["user = 'x'", /'user' is not a column|function/],
    // Unlimited memory or time.
    ["length(repeat('x', 1000000000)) > 0", /may not use the function repeat/],
    ["lpad('x', 1000000000, 'y') <> ''", /may not use the function lpad/],
    ["printf('%1000000000d', 1) <> ''", /may not use the function printf/],
    ['len(range(1000000000)) > 0', /may not use the function range/],
    ['generate_series(1, 1000000000) IS NULL', /may not use the function generate_series/],
    ["regexp_replace(url, 'u', 'uuuuuuuu', 'g') <> ''", /may not use the function regexp_replace/],
    ['levenshtein(url, url) > 0', /may not use the function levenshtein/],
    ["regexp_matches(url, '(((a{1,100}){1,100}){1,100})$')", /./],
    ['regexp_matches(url, url)', /the pattern of regexp_matches must be a constant/],
    ['url LIKE url', /the pattern of ~~ must be a constant/],
    ["url LIKE '%a_%a_%a_%a_b'", /pattern '%a_%a_%a_%a_b' would take too long/],
    ["url ILIKE '%a%a%a%a%b'", /would take too long/],
    ["url GLOB '*a*a*a*a*b'", /may not use the function ~~~/],
    [`${'('.repeat(4000)}true${')'.repeat(4000)}`, /more than 200 brackets/],
    [`${'NOT '.repeat(2400)}true`, /./],
    [`n = ${'1'.repeat(10_000)}`, /more than 10000 characters/],
  ])('refuses %s', async (where, reason) => {
    const refused = openPath(await makeIndex(), { where });
    await expect(refused).rejects.toMatchObject({ exitCode: 2 });
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow(`Cannot use --where '${where}': `);
  });

  test.each([
    ["url LIKE '%1%2%3%4%' AND url NOT LIKE 'v_%'"],
    ["url ILIKE '%U%1%' AND url IN ('u1', 'u2') AND n BETWEEN 1 AND 2"],
    ["CASE WHEN n > 5 THEN lower(url) = 'x' ELSE length(url) = 2 END"],
    ['coalesce(nullif(similarity, 0), 0.5) >= 0.5 AND NOT (n IS NULL)'],
    ["regexp_matches(url, '^u[0-9]$') OR url[1:2] = 'u9' OR try_cast(url AS INT) > 1"],
    ['abs(n - 5) % 2 = 1 AND round(similarity * 10) // 2 > 1 AND hash(url) <> 0'],
    ['"N" > 3'],
  ])('takes %s', async (where) => {
    expect((await numbers(where)).length).toBeGreaterThan(0);
  });

  test('cannot read another file, neither through a condition nor if the check is bypassed', async () => {
    const secret = join(await useTempFolder(), 'secret.csv');
    await writeFile(secret, 'a\n1\n');
    const path = await makeIndex();
    const instance = await openSandboxedDuckDB(path);
    onTestFinished(() => instance.closeSync());
    const connection = await instance.connect();
    const queries = [
      `n IN (SELECT a FROM read_csv('${secret}'))`,
      `url = (SELECT content FROM read_text('${secret}'))`,
      `n IN (SELECT a FROM '${secret}')`,
      "url IN (SELECT file FROM glob('/etc/*'))",
    ];
    for (const where of queries) {
      await expect(openPath(path, { where })).rejects.toThrow(/it has a subquery/);
      await expect(connection.run(`SELECT 1 FROM '${path}' WHERE ${where}`)).rejects.toThrow(
        /file system operations are disabled/,
      );
    }
    for (const statement of [
      `COPY (SELECT 1) TO '${secret}'`,
      'SET threads = 4',
      `ATTACH '${secret}.db'`,
      'INSTALL httpfs',
      'LOAD httpfs',
    ]) {
      await expect(connection.run(statement)).rejects.toThrow(/disabled|locked|not allowed|Cannot/i);
    }
  });

  test('names the row whose value makes the condition fail', async () => {
    const index = await openPath(await makeIndex(), {
      where: "CAST(CASE WHEN n = 9999 THEN 'x' ELSE url[2:] END AS INT) >= 0",
    });
    await expect(readValues(index)).rejects.toThrow(/as Parquet after row \d+: Conversion Error/);
  });
});
