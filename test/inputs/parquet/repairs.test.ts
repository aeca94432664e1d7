import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { zstdRun } from '../../support/bytes/bombs.ts';
import {
  type ColumnBytes,
  i32,
  makeParquetBytes,
  struct,
  type Thrift,
  text,
} from '../../support/bytes/parquet-bytes.ts';
import { makeParquet, openBytes, openPath, readRows, readValues } from '../files.ts';

/** Writes rows with DuckDB, and puts bytes that are not UTF-8 in place of each `@bad@`. */
async function withBadText(query: string, options = ', COMPRESSION uncompressed'): Promise<string> {
  const path = await makeParquet(query, options);
  const bytes = await readFile(path);
  for (let at = bytes.indexOf('@bad@'); at !== -1; at = bytes.indexOf('@bad@', at))
    bytes.fill(0xff, at, at + 5);
  await writeFile(path, bytes);
  return path;
}

const REPLACED = '\u{fffd}'.repeat(5);
const ROWS = 20_000;
const BAD = 15_000;
const CAPTIONS = (group = ROWS) =>
  withBadText(
    `SELECT 'https://a.test/' || i AS url, CASE WHEN i = ${BAD} THEN 'bad @bad@' ELSE 'caption ' || i END AS text, i AS n
    FROM range(${ROWS}) t(i)`,
    `, COMPRESSION uncompressed, ROW_GROUP_SIZE ${group}`,
  );

describe('a text that is not UTF-8', () => {
  test.each([[ROWS], [2048]])('costs nothing but its bytes, in row groups of %i', async (group) => {
    const values = await readValues(await openPath(await CAPTIONS(group)));
    expect(values).toHaveLength(ROWS);
    const expected = (row: number) => (row === BAD ? `bad ${REPLACED}` : `caption ${row}`);
    expect(values.map(([, caption]) => caption)).toEqual(values.map((_, row) => expected(row)));
    expect(values.map(([, , n]) => Number(n))).toEqual([...values.keys()]);
  });

  test.each([0, BAD - 1, BAD, BAD + 1, ROWS - 1])('is passed over by a read from row %i', async (from) => {
    const values = await readValues(await openPath(await CAPTIONS(2048)), from);
    expect(values.map(([, , n]) => Number(n))).toEqual(
      Array.from({ length: ROWS - from }, (_, row) => from + row),
    );
  });

  test('counts as null in a condition, and `from` counts selected rows', async () => {
    const where = `n >= ${BAD - 2} AND text LIKE '%a%' AND URL LIKE 'https:%'`;
    const index = await openPath(await CAPTIONS(2048), { where });
    const numbers = (await readValues(index)).map(([, , n]) => Number(n));
    expect(numbers.slice(0, 4)).toEqual([BAD - 2, BAD - 1, BAD + 1, BAD + 2]);
    expect(numbers).toHaveLength(ROWS - BAD + 1);
    expect((await readValues(index, 3)).map(([, , n]) => Number(n))).toEqual(numbers.slice(3));
    const rows = await readRows(index, 3);
    expect(rows.map((row) => 'number' in row && row.number)).toEqual(numbers.slice(3));
  });

  test('may be a URL, in a list, a struct, a map or JSON', async () => {
    const path = await withBadText(
      `SELECT 'u@bad@' AS url, ['a', 'b@bad@'] AS list, {'t': 'c@bad@', 'n': 1} AS struct, MAP {'k@bad@': 'v'} AS map, '"j@bad@"'::JSON AS json`,
    );
    const index = await openPath(path);
    expect(await readValues(index)).toEqual([
      [
        `u${REPLACED}`,
        ['a', `b${REPLACED}`],
        { t: `c${REPLACED}`, n: 1 },
        [{ key: `k${REPLACED}`, value: 'v' }],
        `"j${REPLACED}"`,
      ],
    ]);
    const kinds = ['string', 'list', 'struct', 'list', 'json'];
    expect(index.columns.map(({ type }) => type.kind)).toEqual(kinds);
    const where = "list_contains(list, 'a') AND struct.n = 1";
    expect(await readValues(await openPath(path, { where }))).toHaveLength(1);
  });

  test('does not matter in a column that nobody requests', async () => {
    expect(await readRows(await openPath(await CAPTIONS()), BAD, [0])).toHaveLength(ROWS - BAD);
  });
});

const URL = 'https://a.test/1.jpg';
const strings = (name: string, values: readonly (string | Buffer)[], more = {}): ColumnBytes => {
  const body = Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
  return {
    name,
    codec: 'none',
    pages: [{ body, values: values.length, uncompressed: body.length }],
    ...more,
  };
};
const node = (name: string, fields: Readonly<Record<number, Thrift>>): Thrift =>
  struct({ 1: i32(6), 3: i32(0), 4: text(name), ...fields });
const root = (columns: number): Thrift => struct({ 4: text('schema'), 5: i32(columns) });
const UTF8 = { 6: i32(0) };

describe('openParquet reads as other readers do', () => {
  test('texts that only their logical type calls so, also in a condition', async () => {
    const logical = { 10: struct({ 1: struct({}) }) };
    const columns = [strings('url', [URL, 'b']), strings('note', ['ü', 'n'])];
    const bytes = makeParquetBytes({
      rows: 2,
      columns,
      schema: [root(2), node('url', logical), node('note', logical)],
    });
    expect(await readValues(await openBytes('a.parquet', bytes))).toEqual([
      [URL, 'ü'],
      ['b', 'n'],
    ]);
    expect(await readValues(await openBytes('a.parquet', bytes, { where: "note LIKE 'ü%'" }))).toEqual([
      [URL, 'ü'],
    ]);
  });

  test('decimals of more than 38 digits, digit for digit', async () => {
    const decimal = (hex: string) => Buffer.from(hex, 'hex');
    const values = [decimal('03a0c92075c0dbf3b8acbc5f96ce3f0ad2'), decimal('ff'), decimal('00')];
    const bytes = makeParquetBytes({
      rows: 3,
      columns: [strings('url', ['a', 'b', 'c']), strings('id', values)],
      schema: [root(2), node('url', UTF8), node('id', { 6: i32(5), 7: i32(2), 8: i32(40) })],
    });
    expect(await readValues(await openBytes('a.parquet', bytes))).toEqual([
      ['a', '12345678901234567890123456789012345678.90'],
      ['b', '-0.01'],
      ['c', '0.00'],
    ]);
  });

  test('columns beside groups without values', async () => {
    const inner = struct({ 3: i32(1), 4: text('inner') });
    const bytes = makeParquetBytes({
      rows: 1,
      columns: [strings('url', [URL]), strings('text', ['caption'])],
      schema: [root(3), node('url', UTF8), inner, node('text', UTF8)],
    });
    const index = await openBytes('a.parquet', bytes);
    expect(index.columns.map(({ name }) => name)).toEqual(['url', 'text']);
    expect(await readValues(index)).toEqual([[URL, 'caption']]);
  });

  test('row groups that the footer does not count', async () => {
    const index = await openBytes(
      'a.parquet',
      makeParquetBytes({ rows: 2, footerRows: 0, columns: [strings('url', [URL, 'b'])] }),
    );
    expect(index.rowCount).toBe(2);
    expect(await readValues(index)).toEqual([[URL], ['b']]);
  });

  test('more row groups than DuckDB holds at a time', async () => {
    const columns = Array.from({ length: 300 }, (_, at) => strings(`c${at}`, [`v${at}`, 'w']));
    const bytes = makeParquetBytes({ rows: 2, groups: 100, columns });
    const index = await openBytes('a.parquet', bytes);
    expect(index.rowCount).toBe(200);
    const rows = await readRows(index, 3, [0, 299]);
    expect(rows).toHaveLength(197);
    expect(rows.map((row) => 'values' in row && row.values[299]).slice(0, 3)).toEqual(['w', 'v299', 'w']);
    expect(await readRows(index, 198, [])).toHaveLength(2);
  });

  test('a column that shrinks to a thousandth in small pages', async () => {
    const page = { values: 1024 * 1024, uncompressed: 4 * 1024 * 1024 };
    const body = zstdRun(Buffer.alloc(0), 0, page.uncompressed);
    const pages = Array.from({ length: 40 }, () => ({ ...page, body }));
    const bytes = makeParquetBytes({
      rows: 40 * page.values,
      columns: [{ name: 'url', codec: 'zstd', pages }],
    });
    const index = await openBytes('a.parquet', bytes);
    for await (const [row] of index.rows({ from: 0, columns: [0] })) {
      expect(row).toEqual({ values: [''] });
      break;
    }
  });

  test('columns whose names differ in case only, or are empty, under their own names', async () => {
    const path = await openBytes(
      'a.parquet',
      makeParquetBytes({
        rows: 2,
        columns: [strings('url', ['a', 'b']), strings('URL', ['A', 'B']), strings('', ['x', 'y'])],
      }),
    );
    expect(path.columns.map(({ name }) => name)).toEqual(['url', 'URL', '']);
    expect(await readValues(path, 1)).toEqual([['b', 'B', 'y']]);
  });

  test.each([
    ["URL = 'A'", [['a', 'A']]],
    ["url = 'b'", [['b', 'B']]],
    ['"URL" = \'B\' AND length(URL) = 1', [['b', 'B']]],
  ])('the column that a condition names in its case: %s', async (where, expected) => {
    const columns = [strings('url', ['a', 'b']), strings('URL', ['A', 'B'])];
    const index = await openBytes('a.parquet', makeParquetBytes({ rows: 2, columns }), { where });
    expect(await readValues(index)).toEqual(expected);
  });

  test.each([
    ["Url = 'A'", /it uses 'Url', and there are url, URL; write it as one of them/],
    ['url <> URL', /it uses 'url' and 'URL', which SQL takes for one/],
  ])('no condition that could mean two columns: %s', async (where, reason) => {
    const columns = [strings('url', ['a', 'b']), strings('URL', ['A', 'B'])];
    const bytes = makeParquetBytes({ rows: 2, columns });
    await expect(openBytes('a.parquet', bytes, { where })).rejects.toThrow(reason);
  });

  test('columns beside one that is encrypted, and says which one that is', async () => {
    const columns = [strings('url', [URL]), { ...strings('text', ['secret']), isEncrypted: true }];
    const index = await openBytes('a.parquet', makeParquetBytes({ rows: 1, columns }));
    expect(await readRows(index, 0, [0])).toEqual([{ values: [URL, null] }]);
    await expect(readRows(index)).rejects.toThrow(
      /the column 'text' is encrypted; leave it out, with --columns/,
    );
  });

  test('columns beside one in an encoding that DuckDB does not know, and names that one', async () => {
    const note = strings('note', ['x']);
    const pages = note.pages.map((page) => ({ ...page, encoding: 9 }));
    const bytes = makeParquetBytes({ rows: 1, columns: [strings('url', [URL]), { ...note, pages }] });
    const index = await openBytes('a.parquet', bytes);
    expect(await readRows(index, 0, [0])).toEqual([{ values: [URL, null] }]);
    await expect(readRows(index)).rejects.toThrow(
      /the column 'note' cannot be read: leave it out with --columns/,
    );
  });
});
