import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { longStringColumn, longStringPage, zstdRun } from '../../support/bytes/bombs.ts';
import {
  type ColumnBytes,
  footerOnly,
  i32,
  makeParquetBytes,
  type PageBytes,
  plainStrings,
  struct,
  type Thrift,
  text,
  varint,
} from '../../support/bytes/parquet-bytes.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { makeParquet, openBytes, openPath, readRows, readValues, runSql } from '../files.ts';

const MIB = 1024 * 1024;

const URL = 'https://a.test/1.jpg';
const PAGE: PageBytes = { body: plainStrings([URL]), values: 1, uncompressed: 4 + URL.length };
const COLUMN: ColumnBytes = { name: 'url', codec: 'none', pages: [PAGE] };

const leaf = (name: string, children?: number): Thrift =>
  struct({
    1: children === undefined ? i32(6) : undefined,
    3: i32(0),
    4: text(name),
    5: children === undefined ? undefined : i32(children),
    6: i32(0),
  });

/** Opens a file and reads all rows. */
async function read(bytes: Uint8Array): Promise<unknown> {
  return readRows(await openBytes('a.parquet', bytes));
}

const nested = (depth: number): Thrift[] => [
  ...Array.from({ length: depth }, () => leaf('n', 1)),
  leaf('url'),
];

/** One column `url` with many rows that all have the first value of a dictionary. */
function repeatedWord(length: number, rows: number): Buffer {
  const indexes = Buffer.concat([Buffer.from([1]), varint(BigInt(rows) << 1n), Buffer.from([0])]);
  const pages: PageBytes[] = [
    { ...longStringPage('zstd', length), isDictionary: true },
    { body: zstdRun(indexes, 0, 0), values: rows, uncompressed: indexes.length, encoding: 8 },
  ];
  return makeParquetBytes({ rows, columns: [{ name: 'url', codec: 'zstd', pages }] });
}

describe('openParquet refuses', () => {
  test.each<[what: string, bytes: Uint8Array, reason: RegExp]>([
    [
      'a page that declares an excessive uncompressed size',
      makeParquetBytes({ rows: 1, columns: [longStringColumn('zstd', 512 * MIB)] }),
      /row group 0, column 'url': a page claims 536,870,916 bytes out of 16,\d{3} compressed ones; at most 134,217,728/,
    ],
    [
      'a page that declares an excessive uncompressed size in a chunk that declares 100 bytes',
      makeParquetBytes({
        rows: 1,
        columns: [{ ...longStringColumn('zstd', 200 * MIB), totalUncompressed: 100 }],
      }),
      /row group 0, column 'url': a page claims 209,715,204 bytes out of 6,4\d\d compressed ones; at most 134,217,728/,
    ],
    [
      'a page that is too large, whatever its compression ratio',
      makeParquetBytes({ rows: 1, columns: [longStringColumn('snappy', 300 * MIB)] }),
      /a page claims 314,572,804 bytes out of 14,\d{3},\d{3} compressed ones; at most 268,435,456/,
    ],
    [
      'a page header with a false uncompressed size',
      makeParquetBytes({
        rows: 1,
        columns: [
          {
            ...COLUMN,
            codec: 'snappy',
            totalUncompressed: 24,
            pages: [{ ...PAGE, uncompressed: 1900 * MIB }],
          },
        ],
      }),
      /a page claims 1,992,294,400 bytes out of 24 /,
    ],
    [
      'a page of negative length',
      makeParquetBytes({
        rows: 1,
        columns: [{ ...COLUMN, totalUncompressed: 24, pages: [{ ...PAGE, uncompressed: -1 }] }],
      }),
      /row group 0, column 'url': a page claims a negative length/,
    ],
    [
      'fewer pages than rows',
      makeParquetBytes({ rows: 1e12, columns: [{ ...COLUMN, values: 1e12 }] }),
      /row group 0, column 'url': the header of a page is damaged/,
    ],
    [
      'a footer longer than the file',
      footerOnly(Buffer.alloc(1000), 200 * MIB),
      /its footer claims 209,715,200 bytes, more than the file has/,
    ],
    [
      'a footer of more than 64 MiB',
      footerOnly(Buffer.alloc(65 * MIB)),
      /its footer has 68,157,440 bytes; at most 67,108,864 are read/,
    ],
    [
      'a footer with a list of millions of empty elements',
      footerOnly(
        Buffer.concat([Buffer.from([0x15, 2, 0x19, 0xfc]), varint(BigInt(30 * MIB)), Buffer.alloc(30 * MIB)]),
      ),
      /its lists have more than 8,000,000 elements/,
    ],
    [
      'a footer with endless nesting',
      footerOnly(Buffer.alloc(MIB, 0x8c)),
      /structs are nested deeper than 32/,
    ],
    [
      'a schema with endless nesting',
      makeParquetBytes({ rows: 0, columns: [], schema: nested(100_000) }),
      /./,
    ],
    [
      'a schema nested too deeply',
      makeParquetBytes({ rows: 0, columns: [], schema: nested(40) }),
      /nested deeper than 32/,
    ],
    [
      'a schema that declares columns but has none',
      makeParquetBytes({ rows: 0, columns: [], schema: [leaf('schema', 1_000_000)] }),
      /its schema is cut short/,
    ],
    [
      'a schema with a column outside of its root',
      makeParquetBytes({ rows: 0, columns: [], schema: [leaf('schema', 1), leaf('a'), leaf('b')] }),
      /its schema is not a tree/,
    ],
    [
      'more than 10,000 columns',
      makeParquetBytes({
        rows: 1,
        columns: [COLUMN, ...Array.from({ length: 20_000 }, (_, at) => ({ ...COLUMN, name: `c${at}` }))],
      }),
      /its schema has more than 10,000 columns/,
    ],
    [
      'a row group with fewer columns than the schema',
      makeParquetBytes({ rows: 1, columns: [COLUMN], schema: [leaf('schema', 2), leaf('url'), leaf('b')] }),
      /row group 0 has 1 columns where the schema has 2/,
    ],
    [
      'more rows than the row groups have',
      makeParquetBytes({ rows: 1, footerRows: 1e12, columns: [COLUMN] }),
      /claims 1,000,000,000,000 rows and its row groups 1;/,
    ],
    [
      'a negative number of rows',
      makeParquetBytes({ rows: -5, columns: [COLUMN] }),
      /row group 0 claims -5 rows/,
    ],
    [
      'a chunk beyond the end of the file',
      makeParquetBytes({ rows: 1, columns: [{ ...COLUMN, dataPageOffset: 1e9 }] }),
      /row group 0, column 'url' claims bytes up to 1,000,000,/,
    ],
    [
      'a chunk of negative length',
      makeParquetBytes({ rows: 1, columns: [{ ...COLUMN, totalCompressed: -7 }] }),
      /row group 0, column 'url' claims a negative length/,
    ],
    ['an encrypted file', Buffer.from('PARE\0\0\0\0\0\0\0\0PARE'), /it is encrypted/],
    [
      'a truncated file',
      makeParquetBytes({ rows: 1, columns: [COLUMN] }).subarray(0, -3),
      /cut short or not Parquet/,
    ],
  ])('%s', async (_what, bytes, reason) => {
    const refused = read(bytes);
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow(/^Cannot read '.*a\.parquet' as Parquet: /);
    await expect(refused).rejects.toMatchObject({ exitCode: 3 });
  });

  test('lists whose items take no bytes', async () => {
    const path = join(await useTempFolder(), 'lists.parquet');
    await runSql(
      `COPY (SELECT 'u' AS url, list_transform(range(5000000), lambda x: 0) AS zeros)
      TO '${path}' (FORMAT parquet, COMPRESSION zstd)`,
    );
    await expect(openPath(path).then((index) => readRows(index))).rejects.toThrow(
      /row group 0, column 'zeros\.list\.element': 1 rows have 5,000,000 items out of [\d,]+ bytes; at most 4,194,304/,
    );
  });
});

describe('openParquet reads', () => {
  test('the same files when they are intact', async () => {
    expect(await read(makeParquetBytes({ rows: 1, columns: [COLUMN] }))).toEqual([{ values: [URL] }]);
    const schema = [leaf('schema', 1), ...nested(30)];
    const index = await openBytes('a.parquet', makeParquetBytes({ rows: 1, columns: [COLUMN], schema }));
    expect(index.columns).toHaveLength(1);
  });

  test('pages of 100 MB, as DuckDB writes them', async () => {
    const path = await makeParquet(
      "SELECT i || repeat('x', 990) AS url FROM range(130000) t(i)",
      ', COMPRESSION zstd, ROW_GROUP_SIZE 200000, DICTIONARY_SIZE_LIMIT 0',
    );
    expect(await readValues(await openPath(path), 129_999)).toEqual([[`129999${'x'.repeat(990)}`]]);
  });

  test('lists that are short or take enough bytes', async () => {
    const path = await makeParquet(
      'SELECT [i % 2, 3, 4, 5, 6] AS box, list_transform(range(10), lambda x: hash(x + i)) AS embedding FROM range(1000000) t(i)',
      ', ROW_GROUP_SIZE 1000000',
    );
    expect(await readRows(await openPath(path), 999_999)).toHaveLength(1);
  });

  test('a row without the value that is too large, and names its column', async () => {
    const path = await makeParquet(
      "SELECT 'u' || i AS url, CASE WHEN i = 1 THEN [repeat('x', 262144)] ELSE [repeat('x', 260000)] END AS tags, {'a': i} AS s FROM range(3) t(i)",
    );
    const notices: string[] = [];
    const rows = await readRows(await openPath(path, { onNotice: (notice) => notices.push(notice) }));
    expect(rows.map((row) => 'values' in row && row.values[0])).toEqual(['u0', 'u1', 'u2']);
    expect(rows[1]).toEqual({ values: ['u1', null, { a: 1n }], lost: new Map([[1, 'large']]) });
    expect(notices).toEqual([
      expect.stringContaining(
        "row 2: the value of the column 'tags' is left out, as in all rows of more than 256 KiB; leave the column out with --columns",
      ),
    ]);
    expect(await readRows(await openPath(path), 0, [0])).toHaveLength(3);
  });

  test('rows that share one long dictionary value, in batches of bounded size', async () => {
    const index = await openBytes('a.parquet', repeatedWord(200 * 1024, 4096));
    const batches: number[] = [];
    for await (const batch of index.rows({ from: 0, columns: [0] })) batches.push(batch.length);
    expect(Math.max(...batches)).toBeLessThanOrEqual(21);
    expect(batches.reduce((sum, length) => sum + length, 0)).toBe(4096);
  });
});

test('openParquet returns rows or throws a UserError, wherever the footer is damaged', async () => {
  const whole = makeParquetBytes({
    rows: 1,
    columns: [COLUMN, { ...COLUMN, name: 'b', codec: 'zstd', pages: [longStringPage('zstd', 100)] }],
  });
  const folder = await useTempFolder();
  const path = join(folder, 'a.parquet');
  for (let at = 4; at < whole.length; at += 1) {
    const mutant = Buffer.from(whole);
    mutant[at] = (mutant[at] ?? 0) ^ (1 << (at % 8));
    await writeFile(path, mutant);
    const outcome = await openPath(path)
      .then((index) => readRows(index))
      .catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(UserError);
  }
});
