import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadOptions, type Options } from '../../../src/config/resolve.ts';
import type { IndexFile } from '../../../src/inputs/file/index-file.ts';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { openIndexFiles } from '../../../src/run/index/open-index.ts';
import { countFile } from '../../../src/run/plan/count-file.ts';
import { IndexCounter, type IndexCounts } from '../../../src/run/plan/count-index.ts';
import { DistinctCount } from '../../../src/util/distinct-count.ts';
import { makeParquet } from '../../inputs/files.ts';
import { ODD_URLS, oddUrls } from './odd-urls.ts';

const { options: DEFAULTS } = await loadOptions(new Map(), {});

interface Counted {
  readonly counts: IndexCounts;
  readonly rows: number;
  readonly notices: readonly string[];
  /** Rows that came one by one. */
  readonly read: number;
}

/** Counts an index with and without the sums of the database. */
async function countBothWays(
  path: string,
  more: Partial<Options> = {},
): Promise<readonly [Counted, Counted]> {
  return [await count(path, more, true), await count(path, more, false)];
}

async function count(path: string, more: Partial<Options>, mayDatabase: boolean): Promise<Counted> {
  const options: Options = { ...DEFAULTS, ...more };
  const notices: string[] = [];
  const onNotice = (message: string): void => void notices.push(message);
  const opened = await openIndexFiles(await findSources([path]), options, () => {});
  const { ports, baseUrl } = options;
  const urls = new DistinctCount(200);
  const counter = new IndexCounter((port) => ports.includes(port), { baseUrl, urls });
  let [rows, read] = [0, 0];
  for (const [position, file] of opened.files.entries()) {
    const index = await openIndex(file.source, { ...file.options, onNotice });
    const { sumUp, ...rowByRow } = index;
    const watched: IndexFile =
      mayDatabase && sumUp !== undefined
        ? { ...rowByRow, sumUp: (request) => watch(sumUp(request), (rows) => (read += rows)) }
        : rowByRow;
    try {
      const limit = (options.limit ?? Number.POSITIVE_INFINITY) - rows;
      const { signal } = new AbortController();
      rows += await countFile(watched, { file, position, limit, options, ports, counter, signal });
    } finally {
      await index.close();
    }
  }
  return { counts: counter.result, rows, notices, read };
}

type Batches = ReturnType<NonNullable<IndexFile['sumUp']>>;

function watch(batches: Batches, onRows: (rows: number) => void): Batches {
  if (batches === null) return null;
  return (async function* () {
    for await (const batch of batches) {
      onRows(batch.length);
      yield batch;
    }
  })();
}

function expectSame([summed, read]: readonly [Counted, Counted]): void {
  expect({ ...summed, read: 0 }).toEqual(read);
}

const quoted = (text: string | null): string => (text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`);
const lists = (urls: readonly (string | null)[]): string => `[${urls.map(quoted).join()}]::VARCHAR[]`;
// A text of SQL cannot have a zero.
const printable = (urls: readonly string[]): string[] => urls.map((url) => url.replaceAll('\0', '\u0001'));

describe('the database sums up the same figures as rows read one by one', () => {
  test('over URLs of every kind', async () => {
    const urls = printable([...ODD_URLS, ...ODD_URLS, ...ODD_URLS.map((url) => `${url}/again`)]);
    const both = await countBothWays(await makeParquet(`SELECT unnest(${lists([...urls, null])}) AS url`));
    expectSame(both);
    expect(both[0].rows).toBe(urls.length + 1);
    expect(both[0].read).toBeLessThan(urls.length);
  });

  test('over any URLs, with sizes, conditions, samples and limits', async () => {
    const sides = fc.constantFrom(null, 0, -1, 1, 640, 65_535, 65_536, 2_000_000_000);
    const row = fc.record({ url: fc.option(oddUrls()), width: sides, height: sides });
    const options = fc.record({
      where: fc.constantFrom(null, null, 'n % 3 = 1', "url LIKE '%a%'"),
      sample: fc.constantFrom(null, null, 0.5, 0.001),
      limit: fc.constantFrom(null, null, 1, 20),
      baseUrl: fc.constantFrom(null, 'https://', 'http://base.example/x/'),
    });
    const type = fc.constantFrom('INTEGER', 'BIGINT', 'DOUBLE', 'VARCHAR', 'UBIGINT', 'DECIMAL(12,1)');
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 150 }),
        options,
        type,
        async (rows, chosen, as) => {
          const [url] = [
            lists(rows.map((each) => (each.url === null ? null : (printable([each.url])[0] ?? null)))),
          ];
          const numbers = (key: 'width' | 'height') => {
            const values = rows.map((each) => (as === 'UBIGINT' && (each[key] ?? 0) < 0 ? null : each[key]));
            return `[${values.map((value) => value ?? 'NULL').join()}]::${as}[]`;
          };
          const query = `SELECT unnest(${url}) AS url, unnest(${numbers('width')}) AS "WIDTH",
          unnest(${numbers('height')}) AS height, unnest(range(${rows.length})) AS n`;
          expectSame(await countBothWays(await makeParquet(query), chosen));
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('other columns', () => {
  const rows = (columns: string, count = 3000): string =>
    `SELECT 'https://h' || (i % 7) || '.a.example/' || i AS url, ${columns} FROM range(${count}) t(i)`;

  test('rows lose what a download would lose of them, and the notices say so', async () => {
    const query =
      rows(`CASE i WHEN 2000 THEN repeat('c', 70000) WHEN 7 THEN repeat('d', 30000) ELSE 'short' END AS caption,
      CASE i WHEN 2500 THEN repeat('x', 300000) ELSE 'y' END AS note`);
    const both = await countBothWays(await makeParquet(query));
    expectSame(both);
    const [{ counts, notices, read }] = both;
    expect(Object.fromEntries(counts.unusable)).toEqual({ caption_too_long: 1 });
    expect(notices).toEqual([expect.stringMatching(/row 2501: .*'note' is left out/)]);
    expect(read).toBe(3);
  });

  test('digests, boxes and keys that are none', async () => {
    const query = rows(`CASE i % 1000 WHEN 1 THEN 'none' WHEN 2 THEN NULL ELSE md5(i::VARCHAR) END AS digest,
      CASE i WHEN 5 THEN [[0.5, 0.5, 2, 2]]::DOUBLE[][] WHEN 6 THEN [[0.1, 0.1, 0.2, 0.2]] END AS boxes,
      CASE i WHEN 8 THEN 'a.b' WHEN 9 THEN 'nul' WHEN 10 THEN NULL ELSE 'key-' || i END AS id`);
    const both = await countBothWays(await makeParquet(query), {
      verifyHash: { column: 'digest', algorithm: 'md5' },
      bboxCol: 'boxes',
      keyCol: 'id',
    });
    expectSame(both);
    expect(Object.fromEntries(both[0].counts.unusable)).toEqual({ bad_row: 4, key_invalid: 3 });
    expect(both[0].read).toBeLessThan(20);
  });

  test('a text that is not UTF-8 costs no row', async () => {
    const path = await makeParquet(
      rows("CASE i WHEN 1500 THEN '@bad@' ELSE 'good' || i END AS text"),
      ', COMPRESSION uncompressed',
    );
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.indexOf('@bad@'), bytes.indexOf('@bad@') + 5);
    await writeFile(path, bytes);
    const both = await countBothWays(path);
    expectSame(both);
    expect(both[0].counts.usable).toBe(3000);
  });

  test('a column that is damaged late in the file is named', async () => {
    const path = await makeParquet(
      rows("'text ' || hash(i) AS text, i AS n", 10_000),
      ', COMPRESSION zstd, ROW_GROUP_SIZE 2048',
    );
    const bytes = await readFile(path);
    const offset = await lastChunk(path, 'text');
    bytes.fill(0x55, offset + 60, offset + 400);
    await writeFile(path, bytes);
    await expect(count(path, {}, true)).rejects.toThrow(/Cannot read .*'text' cannot be read/);
    expect((await count(path, { columns: [], captionCol: false }, true)).rows).toBe(10_000);
  });

  test('columns of folders', async () => {
    const path = await makeParquet(rows('i AS n'));
    const folder = dirname(path);
    await mkdir(join(folder, 'lang=en'));
    await rename(path, join(folder, 'lang=en', 'part.parquet'));
    const both = await countBothWays(folder, { where: "lang = 'en' AND n < 1000" });
    expectSame(both);
    expect(both[0]).toMatchObject({ rows: 1000, read: 0 });
  });
});

/** Where the last row group has the column, in bytes from the start of the file. */
async function lastChunk(path: string, column: string): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const found = await connection.runAndReadAll(
    `SELECT data_page_offset FROM parquet_metadata('${path}') WHERE path_in_schema = '${column}' ORDER BY row_group_id DESC LIMIT 1`,
  );
  connection.closeSync();
  instance.closeSync();
  return Number(found.value(0, 0));
}
