import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { typeName, type Value } from '../../../src/core/columns.ts';
import { openBytes, openPath, readRows, readValues } from '../files.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/inputs/${name}`, import.meta.url));

/** The values that fixtures/inputs/make-arrow.py writes. The second value of every column except `map` and lists is null. */
const TYPES: Record<string, [type: string, values: Value[]]> = {
  url: ['string', ['https://a.test/1.jpg', null, 'https://a.test/ü.jpg']],
  large: ['string', ['x', '', null]],
  flag: ['bool', [true, null, false]],
  i8: ['int8', [-128, null, 127]],
  u32: ['uint32', [0, null, 4_294_967_295]],
  i64: ['int64', [9223372036854775807n, null, -9223372036854775808n]],
  u64: ['uint64', [18446744073709551615n, null, 0n]],
  f16: ['float', [1.5, null, -2]],
  f32: ['float', [0.25, null, -1.5]],
  f64: ['double', [0.1, null, 1e300]],
  money: ['decimal(10, 2)', ['12.50', null, '-0.05']],
  bytes: ['bytes', [new Uint8Array([0, 255]), null, new Uint8Array()]],
  fixed: ['bytes', [new Uint8Array([97, 98]), null, new Uint8Array([99, 100])]],
  day: ['date', [1, null, -1]],
  day64: ['date', [1, null, -1]],
  clock: ['time', [1_000_000n, null, 86_399_000_000n]],
  clock_us: ['time', [1n, null, 86_399_999_999n]],
  clock_ns: ['int64', [1n, null, 2n]],
  s: ['timestamp[ms]', [1000n, null, -1000n]],
  ms: ['timestamp[ms, UTC]', [1n, null, -1n]],
  us: ['timestamp[us]', [1n, null, -1n]],
  ns: ['timestamp[ns]', [4611686018427387905n, null, -1n]],
  wait: ['int64', [1n, null, 2n]],
  word: ['string', ['a', null, 'b']],
  list: ['list<double>', [[1.5, null], null, []]],
  large_list: ['list<string>', [['a'], null, []]],
  box: ['list<int64>', [[1n, 2n], null, [3n, 4n]]],
  struct: ['struct<a: int32, b: string>', [{ a: 1, b: 'x' }, null, { a: null, b: null }]],
  map: ['list<struct<key: string, value: int32>>', [[{ key: 'k', value: 1 }], null, []]],
  nothing: ['string', [null, null, null]],
};

describe('openArrow', () => {
  test.each(['types-lz4.feather', 'types-zstd.arrow'])('reads every type of pyarrow in %s', async (name) => {
    const index = await openPath(fixture(name));
    const values = await readValues(index);
    const found = index.columns.map((column, at) => [
      column.name,
      [typeName(column.type), values.map((row) => row[at])],
    ]);
    expect(Object.fromEntries(found)).toEqual(TYPES);
  });

  test('reads LZ4 blocks that refer to earlier blocks', async () => {
    const values = await readValues(await openPath(fixture('many-lz4.feather')));
    expect(values).toEqual(
      Array.from({ length: 5000 }, (_, row) => [`https://a.test/pictures/${Math.floor(row / 7)}/${row}.jpg`]),
    );
  });

  test('reads several uncompressed record batches in the stream format', async () => {
    const bytes = tableToIPC(tableFromArrays({ url: ['a', 'b'], n: new Int32Array([1, 2]) }), 'stream');
    expect(await readValues(await openBytes('a.arrow', bytes))).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  test('reports a file that is not Arrow or is cut short', async () => {
    const refusal = /^Cannot read '.*a\.arrow' as Arrow: it is damaged, cut short or not Arrow \(/;
    await expect(openBytes('a.arrow', 'url\nhttps://a.test/\n')).rejects.toThrow(refusal);
    const whole = await readFile(fixture('types-zstd.arrow'));
    const read = openBytes('a.arrow', whole.subarray(0, 5000)).then((index) => readRows(index));
    await expect(read).rejects.toThrow(refusal);
  });
});

/** The schema of 1.0.0-bigendian/generated_dictionary_unsigned.stream in apache/arrow-testing (Apache 2.0). */
const BIG_ENDIAN =
  '/////0ABAAAUAAAAAAAAAAAACgAOAAYABQAIAAoAAAAAAQQAEAAAAAAACgAQAAYACAAMAAoAAAAAAAEADAAAAAQAAAAAAAAAAwAA' +
  'ALAAAABQAAAABAAAAGz///8AAAEFOAAAADAAAAAQAAAAJAAAAAgAEAAIAAQACAAAAAwAAAACAAAAAAAAAGL///8gAAAAAAAAAFz/' +
  '//8CAAAAZjIAALT///8AAAEFPAAAADQAAAAQAAAAKAAAAAgAFAAIAAQACAAAABAAAAABAAAAAAAAAAAAAACu////EAAAAAAAAACo' +
  '////AgAAAGYxAAAQABgACAAGAAcADAAQABQAEAAAAAAAAQU8AAAANAAAABAAAAAkAAAACAAKAAAABAAIAAAADAAAAAAABgAIAAQA' +
  'BgAAAAgAAAAAAAAABAAEAAQAAAACAAAAZjAAAA==';

test.each([
  ['big-endian numbers', Buffer.from(BIG_ENDIAN, 'base64'), 'as Arrow: its numbers are big-endian'],
  ['Feather of version 1', Buffer.from('FEA1\0\0\0\0....FEA1'), 'as Arrow: it is Feather of version 1'],
  ['an empty file', Buffer.alloc(0), 'as Arrow: the file is empty'],
])('openArrow refuses %s with that reason', async (_, bytes, reason) => {
  await expect(openBytes('a.arrow', bytes)).rejects.toThrow(reason);
});
