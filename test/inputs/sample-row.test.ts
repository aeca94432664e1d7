import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/core/columns.ts';
import { STRING } from '../../src/core/columns.ts';
import type { ColumnChoice } from '../../src/inputs/columns.ts';
import { toSampleRow } from '../../src/inputs/sample-row.ts';

const CHOICE: ColumnChoice = {
  url: 0,
  caption: 1,
  extra: [{ index: 2, column: { name: 'x', type: STRING }, convert: null }],
  hash: null,
  boxes: null,
  key: null,
  subfolder: null,
  json: new Set<number>(),
};

const make = (values: readonly Value[], choice: Partial<ColumnChoice> = {}) =>
  toSampleRow({ values }, { ...CHOICE, ...choice });

describe('toSampleRow', () => {
  test('takes URL, caption and carried values from the chosen columns', () => {
    expect(make([' u ', 'c', 7n])).toEqual({ url: ' u ', caption: 'c', values: [7n] });
    expect(make([null, null, null])).toEqual({ url: null, caption: null, values: [null] });
    expect(make(['u', 'c', 7n], { caption: null, extra: [] })).toEqual({
      url: 'u',
      caption: null,
      values: [],
    });
  });

  test('converts URLs and captions that are not strings to text', () => {
    expect(make([123n, 42, null])).toMatchObject({ url: '123', caption: '42' });
    expect(make([Buffer.from('http://ü/'), true, null])).toMatchObject({ url: 'http://ü/', caption: 'true' });
    expect(make(['u', ['a', 1n], null])).toMatchObject({ caption: '["a",1]' });
  });

  test('cuts a URL of more than 8 KiB and a caption of more than 64 KiB, and says so', () => {
    const url = (length: number) => `http://a.test/${'x'.repeat(length - 14)}`;
    expect(make([url(8192), 'c'.repeat(65_536), 1])).toEqual({
      url: url(8192),
      caption: 'c'.repeat(65_536),
      values: [1],
    });
    expect(make([url(8193), 'c', 1])).toEqual({
      url: url(8192),
      caption: 'c',
      values: [1],
      tooLong: 'url_too_long',
    });
    expect(make(['u', `${'c'.repeat(65_535)}猫`, 1])).toEqual({
      url: 'u',
      caption: 'c'.repeat(65_535),
      values: [1],
      tooLong: 'caption_too_long',
    });
    expect(make([url(9000), '🐈'.repeat(65_536), 1])).toMatchObject({ tooLong: 'url_too_long' });
  });

  test('reads a text from JSON, also out of a list of one, and takes lists and objects for no text', () => {
    const read = (url: string) => make([url, url, null], { json: new Set([0, 1]) });
    expect(read('"http://a.test/"')).toMatchObject({ url: 'http://a.test/', caption: 'http://a.test/' });
    expect(read('["a"]')).toMatchObject({ url: 'a', caption: 'a' });
    expect(read('9007199254740993')).toMatchObject({ caption: '9007199254740993' });
    for (const none of ['["a","b"]', '{"a":1}', 'null', '[]']) {
      expect(read(none)).toMatchObject({ url: null, caption: null });
    }
  });

  test('fails a row that lost its URL, its digest or its boxes, and no row that lost a carried value', () => {
    const lost = (position: number, why: 'large' | 'misfit') =>
      toSampleRow(
        { values: ['u', 'c', null, 'd'.repeat(32), null], lost: new Map([[position, why]]) },
        { ...CHOICE, hash: { index: 3, algorithm: 'md5' }, boxes: 4 },
      );
    expect(lost(0, 'large')).toMatchObject({ tooLong: 'url_too_long' });
    expect(lost(1, 'large')).toMatchObject({ tooLong: 'caption_too_long' });
    for (const [position, why] of [
      [0, 'misfit'],
      [3, 'large'],
      [3, 'misfit'],
      [4, 'large'],
      [4, 'misfit'],
    ] as const) {
      expect(lost(position, why)).toHaveProperty('unreadable');
    }
    for (const row of [lost(2, 'large'), lost(2, 'misfit'), lost(1, 'misfit')]) {
      expect(row).not.toHaveProperty('unreadable');
      expect(row).not.toHaveProperty('tooLong');
    }
  });

  test('an unreadable row keeps its reason and has null for every carried column', () => {
    expect(toSampleRow({ unreadable: 'line 3: no' }, CHOICE)).toEqual({
      url: null,
      caption: null,
      values: [null],
      unreadable: 'line 3: no',
    });
  });

  test('reads the expected digest, and refuses a row whose value is none of its type', () => {
    const digest = 'ab'.repeat(16);
    const hash = { index: 2, algorithm: 'md5' } as const;
    expect(make(['u', 'c', ` ${digest.toUpperCase()} `], { hash }).expectedHash).toBe(digest);
    expect(make(['u', 'c', null], { hash }).expectedHash).toBeNull();
    const refused = make(['u', 'c', 'AB01'], { hash });
    expect(refused).toMatchObject({
      url: 'u',
      unreadable: 'the value for --verify-hash is not a digest of type md5',
    });
  });

  test.each<[Value, unknown]>([
    [[[0, 0.5, 1, 1]], [[0, 0.5, 1, 1]]],
    [[[0n, 0n, 1n, 1n]], [[0, 0, 1, 1]]],
    ['[[0.1, 0.2, 0.3, 0.4]]', [[0.1, 0.2, 0.3, 0.4]]],
    [[], []],
    [null, null],
    ['', null],
    ['null', null],
  ])('reads the boxes %s', (value, boxes) => {
    const row = make(['u', 'c', value], { boxes: 2 });
    expect(row.boxes).toEqual(boxes);
    expect(row.unreadable).toBeUndefined();
  });

  test.each<[Value]>([
    ['x'],
    [5],
    [[0, 0, 1, 1]],
    [[[0, 0, 1]]],
    [[[0, 0, 1, 1.5]]],
    [[[0, 0, 1, null]]],
    ['{}'],
  ])('boxes that cannot be read make the row unreadable: %s', (value) => {
    const row = make(['u', 'c', value], { boxes: 2 });
    expect(row.unreadable).toBe(
      'the boxes to blur are not a list of [x_min, y_min, x_max, y_max] between 0 and 1',
    );
    expect(row.boxes).toBeUndefined();
  });
});
