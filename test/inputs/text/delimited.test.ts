import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openBytes, readRows, readValues } from '../files.ts';

describe('openCsv', () => {
  test('names the columns by the header and reads every field as a verbatim string', async () => {
    const index = await openBytes(
      'a.csv',
      '\uFEFF"url",text,n\r\nu1,"a ""b"", c",007\r\nu2,"two\nlines",\r\n',
    );
    expect(index.columns.map(({ name, type }) => [name, type.kind])).toEqual([
      ['url', 'string'],
      ['text', 'string'],
      ['n', 'string'],
    ]);
    expect(await readValues(index)).toEqual([
      ['u1', 'a "b", c', '007'],
      ['u2', 'two\nlines', ''],
    ]);
  });

  test('returns the fields that a CSV writer was given, wherever the chunks end', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '"', ',', '\n', '\r', ' ', '\t', '7') });
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { maxLength: 20 }), async (rows) => {
        const text = [['url', 'text'], ...rows].map((row) => `${row.map(quote).join(',')}\n`).join('');
        expect(await readValues(await openBytes('a.csv', text))).toEqual(rows);
      }),
      { numRuns: 40 },
    );
  });

  test('reads files larger than a chunk', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => [
      `https://a.test/${row}`,
      `Überschrift, "${row}"`,
    ]);
    const lines = rows.map(([url, text]) => `${url},"${text?.replaceAll('"', '""')}"`);
    expect(await readValues(await openBytes('a.csv', ['url,text', ...lines].join('\n')))).toEqual(rows);
  });

  test('a record with too few or too many fields is unreadable, and the reason names its first line', async () => {
    const index = await openBytes('a.csv', 'url,text\na,b\nonly\nc,"d\ne"\n"x\ny",2,3\nf,g\n');
    expect(await readRows(index)).toEqual([
      { values: ['a', 'b'] },
      { unreadable: 'line 3: expected 2 fields, found 1' },
      { values: ['c', 'd\ne'] },
      { unreadable: 'line 6: expected 2 fields, found 3' },
      { values: ['f', 'g'] },
    ]);
  });

  test('a quote inside a field is an ordinary character', async () => {
    expect(await readValues(await openBytes('a.csv', 'url,text\na,a 5" screen\nb,"c" d\n'))).toEqual([
      ['a', 'a 5" screen'],
      ['b', '"c" d'],
    ]);
  });

  test('everything after a quote that is never closed is one unreadable record', async () => {
    expect(await readRows(await openBytes('a.csv', 'url,text\na,b\nc,"d\ne,f\n'))).toEqual([
      { values: ['a', 'b'] },
      {
        unreadable: expect.stringMatching(
          /^line 3: a quote is opened and never closed, up to the last line, \d$/,
        ),
      },
    ]);
  });

  test('reports once that a stray quote may have joined records', async () => {
    const strays = [98, 1998, 2200, 3900];
    const rows = Array.from(
      { length: 4000 },
      (_, row) => `u${row},${strays.includes(row) ? '"stray' : 'text'}\n`,
    );
    const notices: string[] = [];
    const onNotice = (message: string) => notices.push(message);
    const index = await openBytes('a.csv', `url,text\n${rows.join('')}`, { onNotice });
    for (const _ of [1, 2]) expect(await readRows(index)).toHaveLength(400);
    expect(notices).toEqual([
      expect.stringMatching(
        /^'.*a\.csv', line 100: the record that starts here spans 1,901 lines; a stray quote may join rows$/,
      ),
    ]);
  });

  test('accepts a caption of a hundred lines', async () => {
    const notices: string[] = [];
    const text = `url,text\nu,"${'line\n'.repeat(99)}"\n`;
    await readRows(await openBytes('a.csv', text, { onNotice: (message) => notices.push(message) }));
    expect(notices).toEqual([]);
  });

  test('refuses a field of more than 16 MiB, the result of an unclosed quote', async () => {
    const index = await openBytes('a.csv', `url,text\na,"${'x,y\n'.repeat(4.3 * 1024 * 1024)}`);
    await expect(readRows(index)).rejects.toThrow(
      "a.csv' as CSV: line 2: a field is longer than 16 MiB; a quote is probably never closed",
    );
  });

  test('replaces bytes that are not UTF-8, and says so once if the column was requested', async () => {
    const bytes = Buffer.concat([
      Buffer.from('url,text\na,caf'),
      Buffer.from([0xe9]),
      Buffer.from('\nb,ok\n'),
    ]);
    const notices: string[] = [];
    const index = await openBytes('a.csv', bytes, { onNotice: (notice) => notices.push(notice) });
    expect(await readRows(index, 0, [0])).toEqual([{ values: ['a', null] }, { values: ['b', null] }]);
    expect(notices).toEqual([]);
    for (const _ of [1, 2]) {
      expect(await readValues(index)).toEqual([
        ['a', 'caf\uFFFD'],
        ['b', 'ok'],
      ]);
    }
    expect(notices).toEqual([
      expect.stringMatching(
        /line 2: the column 'text' is not valid UTF-8; what is invalid becomes U\+FFFD; --encoding/,
      ),
    ]);
  });

  test('accepts mixed line ends and skips empty lines', async () => {
    expect(await readValues(await openBytes('a.csv', 'url\r\na\n\n\r\nb'))).toEqual([['a'], ['b']]);
  });

  test('names a column without a name by its position', async () => {
    const index = await openBytes('a.csv', ',url\n0,a\n');
    expect(index.columns.map(({ name }) => name)).toEqual(['column_1', 'url']);
  });

  test('refuses a header that names a column twice', async () => {
    await expect(openBytes('a.csv', 'url,text,url\n')).rejects.toThrow(
      "as CSV: the header names the column 'url' twice",
    );
  });

  test('reads an empty file as no columns and no rows', async () => {
    const index = await openBytes('a.csv', '');
    expect(index.columns).toEqual([]);
    expect(await readRows(index, 0, [])).toEqual([]);
  });
});

describe('openTsv', () => {
  test('unquotes fields, and treats a quote that is not closed or not at the start as an ordinary character', async () => {
    const text = '"url"\ttext\nu\t"a\nw\t"x ""y"""\nv\tb"c\nx\t"d" e\ny\t"f\tg"\n';
    expect(await readValues(await openBytes('a.tsv', text))).toEqual([
      ['u', '"a'],
      ['w', 'x "y"'],
      ['v', 'b"c'],
      ['x', '"d" e'],
      ['y', 'f\tg'],
    ]);
  });

  test('joins the lines of a quoted field if the record then has all its fields', async () => {
    const text = 'url\ttext\tn\r\na\t"two\n\nlines\t""x"""\t1\r\nb\t"open\t2\nc\t6" nail\t3\nd\t"x\ny"\n';
    expect(await readRows(await openBytes('a.tsv', text))).toEqual([
      { values: ['a', 'two\n\nlines\t"x"', '1'] },
      { values: ['b', '"open', '2'] },
      { values: ['c', '6" nail', '3'] },
      { unreadable: 'line 7: expected 3 fields, found 2' },
      { unreadable: 'line 8: expected 3 fields, found 1' },
    ]);
  });

  test('a quote that is never closed costs no row and no time', async () => {
    const rows = Array.from({ length: 30_000 }, (_, row) => [`u${row}`, `"open ${row}`]);
    const text = `url\ttext\n${rows.map((row) => row.join('\t')).join('\n')}\n`;
    expect(await readValues(await openBytes('a.tsv', text))).toEqual(rows);
  });

  test('returns the fields that a TSV writer was given, wherever the chunks end', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '"', '\t', '\n', ' ', '7') });
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { maxLength: 20 }), async (rows) => {
        const text = [['url', 'text'], ...rows].map((row) => `${row.map(quote).join('\t')}\n`).join('');
        expect(await readValues(await openBytes('a.tsv', text))).toEqual(rows);
      }),
      { numRuns: 40 },
    );
  });
});

test.each([
  [
    'a.csv',
    'url,text\r"a",b\rc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'a.tsv',
    'url\ttext\ra\tb\rc\td\r',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['a.txt', 'a\rb\r\r', [['a'], ['b']]],
  ['a.jsonl', '{"url": "a"}\r{"url": "b"}\r', [['a'], ['b']]],
])('reads %s with the line ends of old Macs', async (name, text, rows) => {
  expect(await readValues(await openBytes(name, text))).toEqual(rows);
});
