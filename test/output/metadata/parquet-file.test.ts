import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ColumnType, typeName, type Value } from '../../../src/core/columns.ts';
import { ParquetFile } from '../../../src/output/metadata/parquet-file.ts';
import { PendingFile } from '../../../src/output/store/pending-file.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { readParquet } from '../read-parquet.ts';

const int = (bits: 8 | 16 | 32 | 64, signed = true): ColumnType => ({ kind: 'int', bits, signed });
const float = (bits: 32 | 64): ColumnType => ({ kind: 'float', bits });
const list = (element: ColumnType): ColumnType => ({ kind: 'list', element });
const struct = (fields: Record<string, ColumnType>): ColumnType => ({
  kind: 'struct',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});
const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale });
const timestamp = (unit: 'ms' | 'us' | 'ns', utc: boolean): ColumnType => ({ kind: 'timestamp', unit, utc });
const STRING: ColumnType = { kind: 'string' };

/** A type, values of it beside null, DuckDB's name for it and what DuckDB prints of the values. */
type Case = readonly [
  type: ColumnType,
  values: readonly Value[],
  duckdbType: string,
  printed: readonly string[],
];

const CASES: readonly Case[] = [
  [{ kind: 'bool' }, [true, false], 'BOOLEAN', ['true', 'false']],
  [int(8), [-128, 127], 'TINYINT', ['-128', '127']],
  [int(16), [-32768, 32767], 'SMALLINT', ['-32768', '32767']],
  [int(32), [-(2 ** 31), 2 ** 31 - 1], 'INTEGER', ['-2147483648', '2147483647']],
  [int(64), [-(2n ** 63n), 2n ** 63n - 1n], 'BIGINT', ['-9223372036854775808', '9223372036854775807']],
  [int(8, false), [0, 255], 'UTINYINT', ['0', '255']],
  [int(16, false), [0, 65535], 'USMALLINT', ['0', '65535']],
  [int(32, false), [0, 2 ** 32 - 1], 'UINTEGER', ['0', '4294967295']],
  [int(64, false), [0n, 2n ** 64n - 1n], 'UBIGINT', ['0', '18446744073709551615']],
  [float(32), [Math.fround(0.1), Number.NaN], 'FLOAT', ['0.1', 'nan']],
  [float(64), [0.1, -0], 'DOUBLE', ['0.1', '-0.0']],
  [float(64), [0, -0], 'DOUBLE', ['0.0', '-0.0']],
  [float(64), [Number.POSITIVE_INFINITY, 5e-324], 'DOUBLE', ['inf', '5e-324']],
  [decimal(10, 2), ['-12.50', '99999999.99'], 'DECIMAL(10,2)', ['-12.50', '99999999.99']],
  [
    decimal(38, 5),
    ['-0.00001', '123456789012345678901234567890123.45678'],
    'DECIMAL(38,5)',
    ['-0.00001', '123456789012345678901234567890123.45678'],
  ],
  [STRING, ['é😀', ''], 'VARCHAR', ['é😀', '']],
  [{ kind: 'json' }, ['{"a":1}', '"x"'], 'VARCHAR', ['{"a":1}', '"x"']],
  [{ kind: 'bytes' }, [new Uint8Array([0, 255]), new Uint8Array()], 'BLOB', ['\\x00\\xFF', '']],
  [{ kind: 'date' }, [-719_162, 19_753], 'DATE', ['0001-01-01', '2024-01-31']],
  [{ kind: 'time' }, [0n, 86_399_999_999n], 'TIME', ['00:00:00', '23:59:59.999999']],
  [
    timestamp('ms', false),
    [1_706_702_400_123n, -1n],
    'TIMESTAMP',
    ['2024-01-31 12:00:00.123', '1969-12-31 23:59:59.999'],
  ],
  [
    timestamp('us', false),
    [1n, -1n],
    'TIMESTAMP',
    ['1970-01-01 00:00:00.000001', '1969-12-31 23:59:59.999999'],
  ],
  [
    timestamp('ns', false),
    [1n, -1n],
    'TIMESTAMP_NS',
    ['1970-01-01 00:00:00.000000001', '1969-12-31 23:59:59.999999999'],
  ],
  [
    timestamp('us', true),
    [1n, 0n],
    'TIMESTAMP WITH TIME ZONE',
    ['1970-01-01 00:00:00.000001+00', '1970-01-01 00:00:00+00'],
  ],
  [list(float(64)), [[0.5, null, -0], []], 'DOUBLE[]', ['[0.5, NULL, -0.0]', '[]']],
  [list(list(STRING)), [[['a', null], [], null], []], 'VARCHAR[][]', ['[[a, NULL], [], NULL]', '[]']],
  [
    struct({ a: int(32), b: list(int(64)) }),
    [
      { a: 1, b: [2n ** 60n + 1n, null] },
      { a: null, b: null },
    ],
    'STRUCT(a INTEGER, b BIGINT[])',
    ["{'a': 1, 'b': [1152921504606846977, NULL]}", "{'a': NULL, 'b': NULL}"],
  ],
  [
    list(struct({ x: decimal(10, 2), y: STRING })),
    [[{ x: '1.5', y: null }, null], []],
    'STRUCT(x DECIMAL(10,2), y VARCHAR)[]',
    ["[{'x': 1.50, 'y': NULL}, NULL]", '[]'],
  ],
  [
    struct({ nested: struct({ deep: { kind: 'date' } }) }),
    [{ nested: { deep: 1 } }, { nested: null }],
    'STRUCT(nested STRUCT(deep DATE))',
    ["{'nested': {'deep': 1970-01-02}}", "{'nested': NULL}"],
  ],
];

async function writeRows(
  columns: readonly ColumnType[],
  rows: readonly (readonly Value[])[],
): Promise<string> {
  const path = join(await useTempFolder(), 'metadata.parquet');
  const file = new ParquetFile(
    await PendingFile.create(path, 0),
    columns.map((type, index) => ({ name: `c${index}`, type })),
  );
  for (const row of rows) await file.add(row);
  await file.finish();
  return path;
}

describe('ParquetFile', () => {
  for (const [type, values, duckdbType, printed] of CASES) {
    it(`keeps ${typeName(type)} exact: ${printed.join(' ')}`, async () => {
      const path = await writeRows(
        [type],
        [...values, null].map((value) => [value]),
      );
      const query = "SET TimeZone = 'UTC'; SELECT c0::VARCHAR, typeof(c0) FROM FILE";
      const { rows } = await readParquet(path, query);
      expect(rows).toEqual([...printed, null].map((text) => [text, duckdbType]));
    });
  }

  it('keeps the order of many rows and of repeated values', async () => {
    const rows = Array.from({ length: 1003 }, (_, index) => [
      index,
      index % 3 === 0 ? null : `v${index % 5}`,
    ]);
    const table = await readParquet(await writeRows([int(32), STRING], rows));
    expect(table.rows).toEqual(rows);
  });

  it('writes a readable file if there are no rows', async () => {
    const table = await readParquet(await writeRows([STRING], []));
    expect(table).toEqual({ names: ['c0'], types: ['VARCHAR'], rows: [] });
  });

  it('replaces a lone surrogate, which UTF-8 cannot hold', async () => {
    const table = await readParquet(await writeRows([STRING], [['\ud83d!']]));
    expect(table.rows).toEqual([['\ufffd!']]);
  });
});
