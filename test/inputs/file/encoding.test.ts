import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findEncoding } from '../../../src/inputs/file/encoding.ts';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { openBytes, readRows, readValues } from '../files.ts';

const URL = 'https://a.test/é.jpg';
const ROWS = Array.from({ length: 3 }, (_, row) => [`${URL}?${row}`, `Über „${row}“ 日本語`]);

/** The same rows in each text format. */
const TEXTS = {
  'a.csv': ['url,text', ...ROWS.map((row) => row.join(','))].join('\r\n'),
  'a.tsv': ['url\ttext', ...ROWS.map((row) => row.join('\t'))].join('\n'),
  'a.jsonl': ROWS.map(([url, text]) => JSON.stringify({ url, text })).join('\n'),
  'a.json': JSON.stringify(ROWS.map(([url, text]) => ({ url, text }))),
  'columns.json': JSON.stringify({ url: ROWS.map(([url]) => url), text: ROWS.map(([, text]) => text) }),
  'a.txt': ROWS.map(([url]) => url).join('\n'),
};

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();

describe.each(Object.entries(TEXTS))('%s', (name, text) => {
  const rows = name === 'a.txt' ? ROWS.map(([url]) => [url]) : ROWS;

  test.each([
    ['UTF-16LE with a mark', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16BE with a mark', swapped(Buffer.from(`\uFEFF${text}`, 'utf16le'))],
    ['UTF-16LE', Buffer.from(text, 'utf16le')],
    ['UTF-16BE', swapped(Buffer.from(text, 'utf16le'))],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${text}`)],
  ])('%s is recognised', async (_, bytes) => {
    expect(await readValues(await openBytes(name, bytes))).toEqual(rows);
    expect(await readValues(await openBytes(`${name}.gz`, gzipSync(bytes)))).toEqual(rows);
    const [source] = await findSources(['-'], {
      stdin: Readable.from([bytes.subarray(0, 21), bytes.subarray(21)]),
    });
    if (source === undefined) throw new Error('no source');
    expect(source.format).toBe(/[a-z]+$/.exec(name)?.[0]);
    expect(await readValues(await openIndex(source))).toEqual(rows);
  });

  test('a byte order mark counts for more than --encoding', async () => {
    expect(await readValues(await openBytes(name, `\uFEFF${text}`, { encoding: 'shift_jis' }))).toEqual(rows);
  });
});

test.each(['shift_jis', 'gb18030', 'euc-jp', 'big5'])(
  '--encoding %s reads what Python wrote',
  async (encoding) => {
    const path = join(await useTempFolder(), 'a.csv');
    const script = `open(${JSON.stringify(path)}, 'w', encoding='${encoding}').write('url,text\\nu,日本、漢字\\n' * 9000)`;
    execFileSync('python3', ['-c', script]);
    const [source] = await findSources([path]);
    if (source === undefined) throw new Error('no source');
    const values = await readValues(await openIndex(source, { encoding }));
    expect(values).toHaveLength(17_999);
    expect(values.filter(([url]) => url === 'u').every(([, text]) => text === '日本、漢字')).toBe(true);
  },
);

test('--encoding windows-1252 has the characters that ISO-8859-1 lacks', async () => {
  const bytes = Buffer.from('url,text\nu,caf\xe9 \x80 \x93x\x94\n', 'latin1');
  expect(await readValues(await openBytes('a.csv', bytes, { encoding: 'windows-1252' }))).toEqual([
    ['u', 'café € “x”'],
  ]);
});

test('bytes that are not of the encoding cost no row, and one notice says so', async () => {
  const notices: string[] = [];
  const bytes = Buffer.concat([
    Buffer.from('{"url":"u","text":"a'),
    Buffer.from([0x81, 0x20, 0xff]),
    Buffer.from('"}\n{"url":"v"}\n'),
  ]);
  const onNotice = (notice: string) => notices.push(notice);
  const index = await openBytes('a.jsonl', bytes, { encoding: 'shift_jis', onNotice });
  expect((await readValues(index)).map(([url]) => url)).toEqual(['u', 'v']);
  expect(notices).toEqual([
    expect.stringMatching(/a\.jsonl': bytes that are not valid shift_jis become U\+FFFD$/),
  ]);
});

test('a header that is not UTF-8 costs no row, and the notice names --encoding', async () => {
  const notices: string[] = [];
  const bytes = Buffer.from('url,gr\xf6\xdfe\nu,5\n', 'latin1');
  const index = await openBytes('a.csv', bytes, { onNotice: (notice) => notices.push(notice) });
  expect(index.columns.map((column) => column.name)).toEqual(['url', 'gr\uFFFD\uFFFDe']);
  expect(await readRows(index)).toHaveLength(1);
  expect(notices).toEqual([
    expect.stringContaining('--encoding names another encoding, such as windows-1252'),
  ]);
});

test('UTF-32 is refused by its name', async () => {
  const bytes = Buffer.concat([
    Buffer.from([0xff, 0xfe, 0, 0]),
    Buffer.from('u\0\0\0r\0\0\0l\0\0\0', 'latin1'),
  ]);
  await expect(openBytes('a.csv', bytes)).rejects.toThrow(
    "a.csv': it is in UTF-32; convert the file to UTF-8",
  );
});

test('UTF-16 is recognised in any script with some ASCII, and UTF-8 never taken for it', () => {
  const words = fc.string({ unit: fc.constantFrom('日', '本', '一', 'ж', 'é', '😀'), maxLength: 5 });
  fc.assert(
    fc.property(fc.array(words, { maxLength: 20 }), (captions) => {
      const text = `url,text\n${captions.map((caption, row) => `https://a.test/${row},${caption}\n`).join('')}`;
      const little = Buffer.from(text, 'utf16le');
      expect(findEncoding(little, null)).toBe('utf-16le');
      expect(findEncoding(swapped(little), null)).toBe('utf-16be');
      expect(findEncoding(Buffer.from(text), null)).toBe('utf-8');
    }),
  );
});
