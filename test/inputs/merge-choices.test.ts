import { describe, expect, test } from 'vitest';
import {
  BOOL,
  type Column,
  type ColumnType,
  DOUBLE,
  INT32,
  INT64,
  STRING,
  type Value,
} from '../../src/core/columns.ts';
import { chooseColumns, describeParts, type WantedColumns } from '../../src/inputs/columns.ts';
import { mergeChoices } from '../../src/inputs/merge-choices.ts';
import { toSampleRow } from '../../src/inputs/sample-row.ts';

const column = (name: string, type: ColumnType = STRING): Column => ({ name, type });

function merged(files: readonly (readonly Column[])[], wanted: WantedColumns = {}) {
  const parts = describeParts(files);
  return mergeChoices(
    files.map((columns, at) => ({ columns, choice: chooseColumns(columns, wanted, `${at}.parquet`, parts) })),
  );
}

/** The type of a column `x` that has these types in two files, and what becomes of a value of the first. */
function widened(first: ColumnType, second: ColumnType, value: Value) {
  const { columns, choices } = merged([
    [column('url'), column('x', first)],
    [column('url'), column('x', second)],
  ]);
  const [choice] = choices;
  if (choice === undefined) throw new Error('no choice');
  return { type: columns[0]?.type, value: toSampleRow({ values: ['u', value] }, choice).values[0] };
}

describe('parts of one dataset', () => {
  test('have columns by name in any order and case, under the names of the first', () => {
    const { columns, choices } = merged([
      [column('url'), column('TEXT'), column('x', INT32), column('Y', INT32)],
      [column('y', INT32), column('text'), column('X', INT32), column('URL')],
    ]);
    expect(columns).toEqual([column('x', INT32), column('Y', INT32)]);
    expect(choices.map(({ extra }) => extra.map(({ index }) => index))).toEqual([
      [2, 3],
      [2, 0],
    ]);
    expect(choices.map(({ url, caption }) => [url, caption])).toEqual([
      [0, 1],
      [3, 1],
    ]);
  });

  test('have nulls for columns and captions that a part lacks, even if they are named', () => {
    const files = [[column('url')], [column('url'), column('note'), column('score', DOUBLE)]];
    for (const wanted of [{}, { columns: ['note', 'score'] }]) {
      const { columns, choices } = merged(files, wanted);
      expect(columns).toEqual([column('note'), column('score', DOUBLE)]);
      const [first] = choices;
      expect(first && toSampleRow({ values: ['u'] }, first).values).toEqual([null, null]);
    }
    const captions = merged(files, { captionCol: 'note' }).choices.map(({ caption }) => caption);
    expect(captions).toEqual([null, 1]);
  });

  test('keep columns whose names differ in case apart where a part has both', () => {
    const { columns, choices } = merged(
      [
        [column('url'), column('a'), column('A')],
        [column('url'), column('A'), column('a')],
      ],
      { captionCol: null },
    );
    expect(columns.map(({ name }) => name)).toEqual(['a', 'A']);
    expect(choices[1]?.extra.map(({ index }) => index)).toEqual([2, 1]);
  });

  test('take a column of nulls for any type', () => {
    const nulls = { ...column('x', INT32), isNull: true };
    for (const files of [
      [
        [column('url'), nulls],
        [column('url'), column('x', { kind: 'list', element: STRING })],
      ],
      [
        [column('url'), column('x', { kind: 'list', element: STRING })],
        [column('url'), nulls],
      ],
    ]) {
      expect(merged(files).columns).toEqual([column('x', { kind: 'list', element: STRING })]);
    }
  });

  test('are refused, with the name of the file, only without their URLs or with a column that no part has', () => {
    const files = [[column('url'), column('x')], [column('x')]];
    expect(() => merged(files)).toThrow(/Cannot find the URLs in '1\.parquet'/);
    expect(() => merged(files.slice(0, 1), { columns: ['y'] })).toThrow(
      /column 'y' of --columns in '0\.parquet'/,
    );
  });

  test('use the URL column of another part where their own is unclear', () => {
    const { choices } = merged([
      [column('url'), column('text')],
      [column('image_url'), column('text'), column('url')],
    ]);
    expect(choices.map(({ url }) => url)).toEqual([0, 2]);
  });

  const struct = (...fields: Column[]): ColumnType => ({ kind: 'struct', fields });
  const list = (element: ColumnType): ColumnType => ({ kind: 'list', element });
  const timestamp = (unit: 'ms' | 'ns'): ColumnType => ({ kind: 'timestamp', unit, utc: false });
  test.each<[first: ColumnType, second: ColumnType, type: ColumnType, value: Value, becomes: Value]>([
    [INT32, INT64, INT64, 7, 7n],
    [INT64, INT32, INT64, 7n, 7n],
    [INT32, DOUBLE, DOUBLE, 7, 7],
    [INT64, DOUBLE, DOUBLE, 7n, 7],
    [{ kind: 'float', bits: 32 }, DOUBLE, DOUBLE, 0.5, 0.5],
    [INT64, STRING, STRING, 7n, '7'],
    [DOUBLE, STRING, STRING, 1.5, '1.5'],
    [BOOL, STRING, STRING, true, 'true'],
    [{ kind: 'date' }, STRING, STRING, 1, '1970-01-02'],
    [STRING, { kind: 'bytes' }, { kind: 'bytes' }, 'ü', Buffer.from('ü')],
    [{ kind: 'int', bits: 32, signed: false }, INT32, INT64, 7, 7n],
    [{ kind: 'int', bits: 64, signed: false }, INT64, { kind: 'decimal', precision: 20, scale: 0 }, 7n, '7'],
    [
      { kind: 'decimal', precision: 4, scale: 2 },
      INT32,
      { kind: 'decimal', precision: 12, scale: 2 },
      '1.50',
      '1.50',
    ],
    [timestamp('ms'), timestamp('ns'), timestamp('ns'), 5n, 5_000_000n],
    [{ kind: 'date' }, timestamp('ms'), timestamp('ms'), 1, 86_400_000n],
    [list(INT32), list(INT64), list(INT64), [1, null], [1n, null]],
    [list(STRING), STRING, { kind: 'json' }, ['a"'], '["a\\""]'],
    [STRING, { kind: 'json' }, { kind: 'json' }, 'a', '"a"'],
    [
      struct(column('a', INT32)),
      struct(column('a', INT64), column('b')),
      struct(column('a', INT64), column('b')),
      { a: 1 },
      { a: 1n, b: null },
    ],
    [
      struct(column('a', INT64), column('d', { kind: 'date' })),
      list(STRING),
      { kind: 'json' },
      { a: 9007199254740993n, d: 0 },
      '{"a":9007199254740993,"d":"1970-01-01"}',
    ],
  ])('take the wider type of %j and %j', (first, second, type, value, becomes) => {
    expect(widened(first, second, value)).toEqual({ type, value: becomes });
    expect(widened(second, first, null)).toEqual({ type, value: null });
  });
});
