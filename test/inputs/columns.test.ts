import { describe, expect, test } from 'vitest';
import { BOOL, type Column, type ColumnType, INT32, INT64, STRING } from '../../src/core/columns.ts';
import { chooseColumns, type WantedColumns } from '../../src/inputs/columns.ts';

const LAION = ['SAMPLE_ID', 'URL', 'TEXT', 'HEIGHT', 'WIDTH', 'LICENSE', 'NSFW', 'similarity', 'hash'];

function choose(names: readonly string[], wanted: WantedColumns = {}) {
  const columns = names.map((name): Column => ({ name, type: STRING }));
  return chooseColumns(columns, wanted, 'x.parquet');
}

const carried = (choice: ReturnType<typeof choose>) => choice.extra.map(({ column }) => column.name);

describe('chooseColumns finds', () => {
  test.each([
    [LAION, 1, 2],
    [['url', 'caption'], 0, 1],
    [['caption', 'text_length', 'url'], 2, 0],
    [['Url', 'Caption'], 0, 1],
    [['url', 'alt_text'], 0, 1],
    [['url', 'Text', 'alt_text'], 0, 1],
    [['url'], 0, null],
  ])('in %j the URL at %i and the caption at %j', (names, url, caption) => {
    expect(choose(names)).toMatchObject({ url, caption });
  });

  test('the named columns, even if others have the usual names', () => {
    const wanted: WantedColumns = {
      urlCol: 'image',
      captionCol: 'top_caption',
      hash: { column: 'md5', algorithm: 'md5' },
      bboxCol: 'faces',
    };
    const choice = choose(['url', 'text', 'image', 'top_caption', 'md5', 'faces'], wanted);
    expect(choice).toMatchObject({ url: 2, caption: 3, hash: { index: 4, algorithm: 'md5' }, boxes: 5 });
    expect(carried(choice)).toEqual(['index_url', 'text', 'faces']);
  });

  test('no caption if none is wanted, and carries the column instead', () => {
    const choice = choose(['url', 'text'], { captionCol: null });
    expect(choice.caption).toBeNull();
    expect(carried(choice)).toEqual(['text']);
  });
});

describe('chooseColumns reads', () => {
  const STRINGS: ColumnType = { kind: 'list', element: STRING };
  const STRUCT: ColumnType = { kind: 'struct', fields: [{ name: 'a', type: STRING }] };
  const chooseTyped = (url: ColumnType, text: ColumnType, wanted: WantedColumns = {}) => {
    const columns = [
      { name: 'url', type: url },
      { name: 'text', type: text },
    ];
    return chooseColumns(columns, wanted, 'x.parquet');
  };

  test.each<ColumnType>([STRING, { kind: 'json' }, { kind: 'bytes' }])('URLs from %j', (type) => {
    expect(chooseTyped(type, STRING).url).toBe(0);
  });

  test.each([
    [STRINGS, 'list<string>'],
    [STRUCT, 'struct<a: string>'],
    [INT64, 'int64'],
    [BOOL, 'bool'],
  ])('no URLs from %j', (type, name) => {
    const message = `Cannot read the URLs of 'x.parquet' from the column 'url': expected strings, found ${name}; name another column with --url-col`;
    expect(() => chooseTyped(type, STRING)).toThrow(message);
    expect(() => chooseTyped(type, STRING, { urlCol: 'url' })).toThrow(message);
  });

  test.each<ColumnType>([STRING, INT64, BOOL, { kind: 'json' }, { kind: 'bytes' }])(
    'captions from %j',
    (type) => {
      expect(chooseTyped(STRING, type).caption).toBe(1);
    },
  );

  test.each([
    [STRINGS, 'list<string>'],
    [STRUCT, 'struct<a: string>'],
  ])('no captions from %j, which can be carried', (type, name) => {
    const message = `Cannot read the captions of 'x.parquet' from the column 'text': expected strings or numbers, found ${name}; name another column with --caption-col, or none with --caption-col none`;
    expect(() => chooseTyped(STRING, type)).toThrow(message);
    expect(() => chooseTyped(STRING, type, { captionCol: 'text' })).toThrow(message);
    expect(carried(chooseTyped(STRING, type, { captionCol: null }))).toEqual(['text']);
  });
});

describe('chooseColumns carries', () => {
  test('all other columns with their types, in the order of the file', () => {
    const columns: Column[] = [
      { name: 'score', type: INT32 },
      { name: 'url', type: STRING },
      { name: 'text', type: STRING },
      { name: 'tag', type: STRING },
    ];
    expect(chooseColumns(columns, {}, 'x').extra).toEqual([
      { index: 0, column: { name: 'score', type: INT32 }, convert: null },
      { index: 3, column: { name: 'tag', type: STRING }, convert: null },
    ]);
  });

  test("pandas' row labels only if they are requested", () => {
    const names = ['URL', '__index_level_0__', 'id'];
    expect(carried(choose(names))).toEqual(['id']);
    expect(carried(choose(names, { columns: ['__index_level_0__'] }))).toEqual(['__index_level_0__']);
  });

  test('the listed columns once, in the listed order, and the column of boxes', () => {
    expect(carried(choose(LAION, { columns: ['hash', 'NSFW', 'hash', 'URL', 'TEXT'] }))).toEqual([
      'hash',
      'NSFW',
    ]);
    expect(carried(choose(LAION, { columns: [] }))).toEqual([]);
    expect(carried(choose(['url', 'faces', 'x'], { columns: ['x'], bboxCol: 'faces' }))).toEqual([
      'x',
      'faces',
    ]);
  });

  test('a column with a reserved name under a new, unique name', () => {
    expect(carried(choose(['url', 'text', 'width', 'key', 'WIDTH']))).toEqual([
      'index_width',
      'index_key',
      'WIDTH',
    ]);
    const [own, sampleColumns] = [['url', 'subfolder', 'duplicate_of'], new Set(['subfolder'])];
    expect(carried(choose(own))).toEqual(['subfolder', 'duplicate_of']);
    expect(carried(choose(own, { sampleColumns }))).toEqual(['index_subfolder', 'duplicate_of']);
    expect(carried(choose(['url', 'width', 'index_width']))).toEqual(['index_index_width', 'index_width']);
  });
});

describe('chooseColumns refuses', () => {
  test.each<[names: string[], wanted: WantedColumns, message: string]>([
    [
      ['a', 'b'],
      {},
      "Cannot find the URLs in 'x.parquet': expected a column named url or image_url, found a, b; name it with --url-col",
    ],
    [
      ['url', 'URL'],
      {},
      "Cannot tell which column of 'x.parquet' holds the URLs: url, URL all might; name it with --url-col",
    ],
    [
      ['url', 'text', 'caption'],
      {},
      'holds the captions: text, caption all might; name it with --caption-col, or none with --caption-col none; the columns are url, text, caption',
    ],
    [['url', 'alt', 'Text'], {}, 'holds the captions: alt, Text all might'],
    [
      ['url', 'similarity'],
      { columns: ['simlarity'] },
      "Cannot find the column 'simlarity' of --columns in 'x.parquet', which has url, similarity; did you mean 'similarity'?",
    ],
    [['url'], { urlCol: 'zzz' }, "Cannot find the column 'zzz' of --url-col in 'x.parquet', which has url"],
    [['url'], { captionCol: 'text' }, "the column 'text' of --caption-col"],
    [['url'], { hash: { column: 'md5', algorithm: 'md5' } }, "the column 'md5' of --verify-hash"],
    [['url'], { bboxCol: 'faces' }, "the column 'faces' of --bbox-col"],
  ])('%j with %j', (names, wanted, message) => {
    expect(() => choose(names, wanted)).toThrow(message);
  });

  test('with a shortened list if the file has many columns', () => {
    const names = Array.from({ length: 100 }, (_, at) => `c${at}`);
    expect(() => choose(names)).toThrow(/found c0, c1, .* c39 and 60 more; name it/);
  });
});
