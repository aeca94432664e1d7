import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { typeName } from '../../../src/core/columns.ts';
import { openBytes, readRows, readValues } from '../files.ts';

const lines = (...records: readonly unknown[]) =>
  records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record))).join('\n');

async function typesOf(...records: readonly unknown[]): Promise<string> {
  const index = await openBytes('a.jsonl', lines(...records));
  return index.columns.map(({ name, type }) => `${name}: ${typeName(type)}`).join(', ');
}

describe('openJsonl infers', () => {
  test('the union of the keys as columns, in the order in which they first appear', async () => {
    expect(await typesOf({ b: 'x', a: true }, { c: 1, a: null })).toBe('b: string, a: bool, c: int64');
  });

  test('int64 for integers, double for numbers with a point or exponent and for a mix of both', async () => {
    expect(await typesOf('{"i": 1, "d": 1.0, "e": 1e2, "m": 1}', '{"m": 0.5}')).toBe(
      'i: int64, d: double, e: double, m: double',
    );
  });

  test('lists and structs, or JSON text if they differ', async () => {
    expect(await typesOf({ l: [1, null], e: [], s: { a: 'x', b: [0.5] } }, { s: { b: [], a: null } })).toBe(
      'l: list<int64>, e: list<string>, s: struct<a: string, b: list<double>>',
    );
    expect(await typesOf({ l: [1, [2]], s: { a: 1 }, o: {} }, { s: { b: 1 } })).toBe(
      'l: json, s: json, o: json',
    );
  });

  test('string for a mix of strings and numbers, and for nulls only', async () => {
    expect(await typesOf({ m: 'x', n: null }, { m: 5 })).toBe('m: string, n: string');
  });

  test('JSON text for integers beyond 64 bits', async () => {
    expect(await typesOf('{"n": 9223372036854775808}')).toBe('n: json');
  });
});

describe('openJsonl', () => {
  test('keeps 64-bit integers exact, in lists and structs too', async () => {
    const big =
      '{"hash": -9223372036854775808, "l": [9007199254740993, null], "s": {"n": 9223372036854775807}, "i": 5}';
    expect(await readValues(await openBytes('a.jsonl', big))).toEqual([
      [-9223372036854775808n, [9007199254740993n, null], { n: 9223372036854775807n }, 5n],
    ]);
  });

  test('carries JSON text with its numbers exact', async () => {
    const index = await openBytes('a.jsonl', '{"x": {"id": 9007199254740993}}\n{"x": {"other": 1}}');
    expect(await readValues(index)).toEqual([['{"id":9007199254740993}'], ['{"other":1}']]);
  });

  test('returns null for a missing key and ignores blank lines, BOM and CR', async () => {
    const index = await openBytes('a.jsonl', '\uFEFF{"url": "a"}\r\n\r\n  \n{"text": "b"}\r\n');
    expect(await readValues(index)).toEqual([
      ['a', null],
      [null, 'b'],
    ]);
  });

  test('lines that are not objects are unreadable, and reading goes on', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"url": "a"}\n{"url": \n[1]\n"x"\n'),
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d, 0x0a]),
      Buffer.from(`${'['.repeat(200_000)}\n{"url": "b"}\n`),
    ]);
    expect(await readRows(await openBytes('a.jsonl', bytes))).toEqual([
      { values: ['a'] },
      { unreadable: 'line 2: not valid JSON' },
      { unreadable: 'line 3: expected an object, found list' },
      { unreadable: 'line 4: expected an object, found string' },
      { unreadable: 'line 5: not valid JSON' },
      { unreadable: expect.stringMatching(/^line 6: (not valid JSON|nested too deeply)$/) },
      { values: ['b'] },
    ]);
  });

  test('leaves a value of more than 256 KiB out of its row, and a line of more than 16 MiB is unreadable', async () => {
    const large = 'x'.repeat(1024 * 1024);
    const text = [
      '{"url": "a", "image": "x"}',
      `{"url": "b", "image": "${large}"}`,
      `{"image": "${'x'.repeat(300_000)}", "url": "c"}`,
      `{"url": "${large}"}`,
      `{"url": "d", "image": "${large.repeat(16)}"}`,
      '{"url": "e"}',
    ].join('\n');
    const notices: string[] = [];
    const index = await openBytes('a.jsonl', text, { onNotice: (notice) => notices.push(notice) });
    expect(await readRows(index)).toEqual([
      { values: ['a', 'x'] },
      { values: ['b', null], lost: new Map([[1, 'large']]) },
      { values: ['c', null], lost: new Map([[1, 'large']]) },
      { values: [null, null], lost: new Map([[0, 'large']]) },
      { unreadable: 'line 5: longer than 16 MiB' },
      { values: ['e', null] },
    ]);
    expect(notices.join('\n')).toMatch(/a\.jsonl', line 2: the value of the column 'image' is left out/);
  });

  test('takes NaN and infinities, which Python writes, as null, but not in texts', async () => {
    const text =
      '{"url": "a", "s": NaN, "l": [1.5, -Infinity]}\n{"url": "NaN \\" Infinity", "s": Infinity, "l": [NaN]}\n' +
      '{"url": "b", "s": 0.5, "l": []}';
    expect(await readValues(await openBytes('a.jsonl', text))).toEqual([
      ['a', null, [1.5, null]],
      ['NaN " Infinity', null, [null]],
      ['b', 0.5, []],
    ]);
  });

  test('replaces bytes that are not UTF-8, and says so once', async () => {
    const notices: string[] = [];
    const bytes = Buffer.from('{"url": "a", "text": "caf\xe9"}\n{"url": "b", "text": "\xff"}', 'latin1');
    const index = await openBytes('a.jsonl', bytes, { onNotice: (notice) => notices.push(notice) });
    expect(await readValues(index)).toEqual([
      ['a', 'caf\uFFFD'],
      ['b', '\uFFFD'],
    ]);
    expect(notices).toEqual([
      expect.stringMatching(/line 1: not valid UTF-8; what is invalid becomes U\+FFFD; --encoding/),
    ]);
  });

  test('later integers become doubles, numbers become strings, and a value that does not fit is left out of its row', async () => {
    const notices: string[] = [];
    const head = Array.from({ length: 1000 }, () => ({ i: 1, d: 0.5, s: 'x', l: [true] }));
    const index = await openBytes(
      'a.jsonl',
      lines(...head, { i: 2, d: 3, s: 42, l: [] }, { i: 'x' }, { i: 1.5 }, { l: [0] }),
      { onNotice: (notice) => notices.push(notice) },
    );
    const misfit = (column: number) => ({
      values: [null, null, null, null],
      lost: new Map([[column, 'misfit']]),
    });
    expect(await readRows(index, 1000)).toEqual([
      { values: [2n, 3, '42', []] },
      misfit(0),
      misfit(0),
      misfit(3),
    ]);
    expect(notices).toEqual([
      expect.stringContaining(
        "line 1002: expected int64 in the column 'i', as in the first records, found string; such values are null",
      ),
      expect.stringContaining("line 1004: expected list<bool> in the column 'l'"),
    ]);
    expect(await readRows(index, 1001, [1])).toEqual([
      { values: [null, null, null, null] },
      { values: [null, null, null, null] },
      { values: [null, null, null, null] },
    ]);
  });

  test('reports a key that first appears too late, once', async () => {
    const notices: string[] = [];
    const head = Array.from({ length: 5000 }, () => ({ url: `https://a.test/${'x'.repeat(50)}` }));
    const text = lines(...head, { url: 'b', late: 1 }, { url: 'c', late: 2 });
    const index = await openBytes('a.jsonl', text, { onNotice: (notice) => notices.push(notice) });
    expect((await readValues(index, 5000)).flat()).toEqual(['b', 'c']);
    expect(notices).toEqual([
      expect.stringMatching(
        /a\.jsonl', line 5001: the key 'late' is not in the first 1000 records; it is left out$/,
      ),
    ]);
  });

  test('replaces half surrogate pairs, which only escapes can represent', async () => {
    expect(await readValues(await openBytes('a.jsonl', '{"t": "\\ud800 \\ud83d\\ude00"}'))).toEqual([
      ['\uFFFD 😀'],
    ]);
  });

  test('treats keys that objects inherit like any other key', async () => {
    const text =
      '{"__proto__": "a", "url": "u"}\n{"url": "v"}\n{"url": "w", "constructor": 9007199254740993}';
    const index = await openBytes('a.jsonl', text);
    expect(index.columns.map(({ name }) => name)).toEqual(['__proto__', 'url', 'constructor']);
    expect(await readValues(index)).toEqual([
      ['a', 'u', null],
      [null, 'v', null],
      [null, 'w', 9007199254740993n],
    ]);
  });

  test('refuses a file without any object', async () => {
    await expect(openBytes('a.jsonl', 'https://a.test/\n')).rejects.toThrow(
      "a.jsonl' as JSON Lines: line 1: not valid JSON",
    );
  });

  test('returns the objects that were written', async () => {
    const record = fc.record({
      url: fc.string({ unit: 'grapheme' }),
      score: fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((value) => (Number.isInteger(value) ? 0.5 : value)),
      seen: fc.option(fc.boolean()),
      id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (records) => {
        const text = records
          .map(({ id, ...rest }) => `${JSON.stringify(rest).slice(0, -1)},"id":${id}}`)
          .join('\n');
        const values = await readValues(await openBytes('a.jsonl', text));
        expect(values).toEqual(records.map(({ url, score, seen, id }) => [url, score, seen, id]));
      }),
      { numRuns: 40 },
    );
  });
});
