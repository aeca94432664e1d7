import { expect, test } from 'vitest';
import { typeName } from '../../../src/core/columns.ts';
import {
  type ColumnBytes,
  i32,
  makeParquetBytes,
  plainStrings,
  struct,
  type Thrift,
  text,
} from '../../support/bytes/parquet-bytes.ts';
import { makeParquet, openBytes, openPath, readValues } from '../files.ts';

const [INT64, BYTE_ARRAY, STRUCT] = [2, 6, 12];
const [REQUIRED, REPEATED] = [0, 2];
/** Logical types without parameters whose numbers do not fit into the head of a field. */
const logical = (number: number): Thrift => ({ raw: Buffer.from([0x0c, number * 2, 0, 0]), type: STRUCT });
const [VARIANT, GEOMETRY] = [logical(16), logical(17)];

const column = (name: string, body: Buffer): ColumnBytes => ({
  name,
  codec: 'none',
  pages: [{ body, values: 1, uncompressed: body.length }],
});
const leaf = (name: string, fields: Readonly<Record<number, Thrift>> = {}): Thrift =>
  struct({ 1: i32(BYTE_ARRAY), 3: i32(REQUIRED), 4: text(name), ...fields });
const group = (name: string, children: number, fields: Readonly<Record<number, Thrift>> = {}): Thrift =>
  struct({ 3: i32(REQUIRED), 4: text(name), 5: i32(children), ...fields });
const UTF8 = { 6: i32(0) };
const URL = 'https://a.test/1.jpg';

/** One row of a URL and another column. */
const openRow = (columns: readonly ColumnBytes[], schema: readonly Thrift[]) =>
  openBytes(
    'a.parquet',
    makeParquetBytes({
      rows: 1,
      columns: [column('url', plainStrings([URL])), ...columns],
      schema: [struct({ 4: text('schema'), 5: i32(2) }), leaf('url', UTF8), ...schema],
    }),
  );

test('a variant is the bytes that it is stored as, also where DuckDB fails at it', async () => {
  const index = await openRow(
    [column('value', plainStrings(['v'])), column('metadata', plainStrings(['m']))],
    [group('x', 2, { 10: VARIANT }), leaf('value'), leaf('metadata')],
  );
  expect(await readValues(index)).toEqual([[URL, { value: Buffer.from('v'), metadata: Buffer.from('m') }]]);
});

test('a shape is its bytes', async () => {
  const point = Buffer.alloc(21);
  point.writeUInt8(1);
  point.writeUInt32LE(1, 1);
  const body = Buffer.concat([Buffer.from([21, 0, 0, 0]), point]);
  const index = await openRow([column('at', body)], [leaf('at', { 10: GEOMETRY })]);
  expect(await readValues(index)).toEqual([[URL, point]]);
  const geoParquet = await openPath(
    await makeParquet(
      `SELECT '${URL}' AS url, unhex('${point.toString('hex')}') AS at`,
      `, KV_METADATA {geo: '{"version": "1.0.0", "primary_column": "at", "columns": {"at": {"encoding": "WKB", "geometry_types": ["Point"]}}}'}`,
    ),
  );
  expect(await readValues(geoParquet)).toEqual([[URL, point]]);
});

test('a map without values is the list of its keys', async () => {
  const levels = Buffer.from([2, 0, 0, 0, 2, 0, 2, 0, 0, 0, 2, 1]);
  const body = Buffer.concat([levels, plainStrings(['key'])]);
  const index = await openRow(
    [column('key', body)],
    [
      group('m', 1, { 6: i32(1) }),
      struct({ 3: i32(REPEATED), 4: text('key_value'), 5: i32(1) }),
      leaf('key', UTF8),
    ],
  );
  expect(await readValues(index)).toEqual([[URL, ['key']]]);
});

test('times and timestamps of UTC', async () => {
  const path = await makeParquet(`SELECT '${URL}' AS url, TIMETZ '12:00:00.5+00' AS clock`);
  expect(await readValues(await openPath(path))).toEqual([[URL, 43_200_500_000n]]);
  const body = Buffer.alloc(8);
  body.writeBigInt64LE(1500n);
  const index = await openRow([column('at', body)], [leaf('at', { 1: i32(INT64), 6: i32(9) })]);
  expect(index.columns.map(({ type }) => typeName(type))).toEqual(['string', 'timestamp[us, UTC]']);
  expect(await readValues(index)).toEqual([[URL, 1_500_000n]]);
});
